import { describe, expect, test } from "vitest";
import { capacityLines, capacityOf } from "../../../../cli/pgt/impact/capacity.ts";
import { parseTenants } from "../../../../tenants/load.ts";
import { tenant } from "../../../support/tenants.ts";

const host = { memoryMiB: 4096, processors: 2 };

test("counts the tenants that are to run, and what they share", () => {
  const tenants = [tenant(), tenant({ id: "globex", state: "stopped" }), tenant({ id: "hooli", memoryMiB: 768 })];
  expect(capacityLines(capacityOf(tenants, host))).toEqual([
    "memory: 3.0 GB may be used by 2 running tenants and what they share; the machine has 4.0 GB, so 75 % of it",
    "processors: 512 CPU shares of tenants beside 8192 of what they share; the machine has 2",
  ]);
});

test("says so where more is promised than there is", () => {
  const [memory] = capacityLines(capacityOf([tenant({ memoryMiB: 4096 })], host));
  expect(memory).toContain("so 150 % of it: MORE THAN THERE IS");
});

test("says that it does not know where no engine answers", () => {
  const lines = capacityLines(capacityOf([tenant()], undefined));
  expect(lines[0]).toContain("1 running tenant and what they share; what the machine has is not known");
});

test("counts connection pools, and what holds those of an instance", () => {
  const sizes = { size: 20, reserve: 0, maxClients: 1024, maxClientsPerIp: 9, queryWaitSeconds: 30 };
  const pooled = tenant({ pooler: { mode: "transaction", ...sizes } });
  expect(capacityOf([pooled], host)).toMatchObject({ memoryMiB: 256 + 128, cpuShares: 2 * 256 });
  const instance = tenant({ id: "shared-1", instance: true });
  expect(capacityOf([instance], host)).toMatchObject({ memoryMiB: 256 + 6144, cpuShares: 256 + 1024 });
});

describe("the connections of several roles", () => {
  const declaring = (id: string, ...roles: readonly string[]) =>
    parseTenants(`tenants: [{ id: ${id}, maxConnections: 40, roles: [${roles.join(", ")}] }]`, "f");
  const linesOf = (tenants: Parameters<typeof capacityOf>[0]) => capacityLines(capacityOf(tenants, host)).slice(2);

  test("are told where they are more than the server has, 2 * 40 + 8 without the superuser's 3", () => {
    const third = "{ name: three, connectionLimit: 5 }";
    expect(linesOf(declaring("acme", "{ name: one }", third))).toEqual([]);
    expect(linesOf(declaring("acme", "{ name: one }", third, "{ name: four, connectionLimit: 1 }"))).toEqual([
      "connections: roles may open more together than their server has, MORE THAN THERE IS: acme 86 of 85",
    ]);
  });

  test("count for roles that log in, and are there", () => {
    const others = ["{ name: team, login: false }", "{ name: old, ensure: absent, confirm: old 2026-11-21 }"];
    expect(linesOf(declaring("acme", "{ name: one }", ...others))).toEqual([]);
  });

  test("take a line, whatever the number of tenants", () => {
    const tenants = Array.from({ length: 7 }, (_, at) => declaring(`acme-${at}`, "{ name: a }", "{ name: b }")).flat();
    expect(linesOf(tenants)).toEqual([expect.stringMatching(/: acme-0 120 of 85, .*acme-4 120 of 85, and 2 more$/)]);
  });
});

test("counts what copies backups elsewhere where there is such a thing", () => {
  const { sharedMemoryMiB, sharedCpuShares } = capacityOf([], host, true);
  expect([sharedMemoryMiB, sharedCpuShares]).toEqual([2816, 8320]);
});
