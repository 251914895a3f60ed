import { describe, expect, test } from "vitest";
import { processLimit, reloadSettings, settingArguments, startSettings } from "../../../components/serverSettings.ts";
import { tenant } from "../../support/tenants.ts";

describe("server settings", () => {
  test("those of a small tenant", async () => {
    const all = { start: startSettings(tenant()), reload: reloadSettings(tenant(), "0123") };
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
    expect(reloadSettings(tenant({ memoryMiB }), "0123")["maintenance_work_mem"]).toBe(expected);
  });

  test.each([
    "diskMiB",
    "statementTimeoutMs",
    "idleInTransactionTimeoutMs",
    "lockTimeoutMs",
    "tempFileLimitMiB",
    "passwordVersion",
  ])("%s never restarts a tenant", (field) => {
    expect(startSettings(tenant({ [field]: 7 }))).toEqual(startSettings(tenant()));
  });

  test.each([
    [256, "32MB"],
    [1024, "128MB"],
    [102_400, "1024MB"],
  ])("with %i MiB of disk WAL takes %s between checkpoints", (diskMiB, wal) => {
    const settings = reloadSettings(tenant({ diskMiB }), "0123");
    expect(settings).toMatchObject({ max_wal_size: wal, max_slot_wal_keep_size: wal });
  });

  test("the server takes more connections than the tenant has, and more processes than connections", () => {
    const { max_connections } = startSettings(tenant({ maxConnections: 40 }));
    expect(Number(max_connections)).toBe(88);
    expect(processLimit(tenant({ maxConnections: 40 }))).toBe(136);
  });

  test("a server uses TLS of its own only where it does not end at the router", () => {
    expect(reloadSettings(tenant(), "0123")).not.toHaveProperty("ssl");
    expect(reloadSettings(tenant({ tls: "passthrough" }), "0123")).toMatchObject({
      ssl: "on",
      ssl_cert_file: "/var/lib/postgresql/tls/0123.pem",
      ssl_key_file: "/var/lib/postgresql/tls/0123.pem",
    });
  });

  test("the limits of a tenant are the server's own settings, too", () => {
    const limits = {
      statementTimeoutMs: 1000,
      idleInTransactionTimeoutMs: 2000,
      lockTimeoutMs: 3000,
      tempFileLimitMiB: 4,
    };
    expect(reloadSettings(tenant(limits), "0123")).toMatchObject({
      statement_timeout: "1000ms",
      idle_in_transaction_session_timeout: "2000ms",
      lock_timeout: "3000ms",
      temp_file_limit: "4MB",
    });
  });

  test("each setting is an argument of its own", () => {
    expect(settingArguments({ a: "1", b: "x y; z" })).toEqual(["--a=1", "--b=x y; z"]);
  });
});
