import { describe, expect, test } from "vitest";
import { reloadSettings, settingArguments, startSettings } from "../../../components/serverSettings.ts";
import { tenant } from "../../support/tenants.ts";

describe("server settings", () => {
  test("those of a small tenant", async () => {
    const all = { start: startSettings(tenant()), reload: reloadSettings(tenant()) };
    await expect(`${JSON.stringify(all, null, 2)}\n`).toMatchFileSnapshot("../../golden/serverSettings.json");
  });

  test("memory never restarts a tenant", () => {
    expect(startSettings(tenant({ memoryMiB: 4096 }))).toEqual(startSettings(tenant({ memoryMiB: 256 })));
  });

  test.each([
    [64, "4MB"],
    [256, "16MB"],
    [2048, "128MB"],
    [1_048_576, "1024MB"],
  ])("maintenance memory at %i MiB is %s", (memoryMiB, expected) => {
    expect(reloadSettings(tenant({ memoryMiB }))["maintenance_work_mem"]).toBe(expected);
  });

  test("each setting is an argument of its own", () => {
    expect(settingArguments({ a: "1", b: "x y; z" })).toEqual(["-c", "a=1", "-c", "b=x y; z"]);
  });
});
