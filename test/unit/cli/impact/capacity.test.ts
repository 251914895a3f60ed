import { expect, test } from "vitest";
import { capacityLines, capacityOf } from "../../../../cli/pgt/impact/capacity.ts";
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

test("counts what copies backups elsewhere where there is such a thing", () => {
  const { sharedMemoryMiB, sharedCpuShares } = capacityOf([], host, true);
  expect([sharedMemoryMiB, sharedCpuShares]).toEqual([2816, 8320]);
});
