import { expect, test } from "vitest";
import { cutAll, execute } from "../../../bench/support/execute.ts";

test("a command's end, output and input", async () => {
  const { code, stdout, stderr, seconds } = await execute("sh", ["-c", "cat; echo bad >&2; exit 3"], { input: "good" });
  expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: "good", stderr: "bad\n" });
  expect(seconds).toBeGreaterThan(0);
});

test("a run that is cut ends its commands, and begins no other", async () => {
  const asked = execute("sleep", ["60"]);
  await cutAll();
  expect((await asked).code).toBeNull();
  await expect(execute("true", [])).rejects.toThrow("the run was cut");
});
