import { expect, test } from "vitest";
import { overcommitted } from "../../../components/overcommit.ts";
import { lastTenant, tenant } from "../../support/tenants.ts";

// The router takes 2,048 MB of each sum.
const machine = 4096;
const gigabyte = (id: string) => tenant({ id, memoryMiB: 1024 });
const three = [gigabyte("acme"), gigabyte("globex"), gigabyte("hooli")];
const limit = (overcommit: number | undefined) => ({ overcommit, offsite: undefined });

test("more memory than is allowed is refused, with the figures and what to write", () => {
  expect(overcommitted(three, new Map(), limit(1), machine)).toEqual([
    "overcommit: got memory of 5120 MB for 3 running tenants and what they share, expected at most 1 times the 4096 MB of this machine; " +
      "stop tenants, give them less memory, or allow it: pulumi config set overcommit 1.25",
  ]);
  // The words, followed, let it through.
  expect(overcommitted(three, new Map(), limit(1.25), machine)).toEqual([]);
});

test("without a limit nothing is refused", () => {
  expect(overcommitted(three, new Map(), limit(undefined), 1)).toEqual([]);
});

test("a stopped tenant takes none", () => {
  const two = [...three.slice(1), tenant({ memoryMiB: 1024, state: "stopped" })];
  expect(overcommitted(two, new Map(), limit(1), machine)).toEqual([]);
});

test("a list that takes no more than what runs is let through: it may be the way out", () => {
  const limits = { memoryMiB: 4096, maxConnections: 40, diskMiB: 10_240 };
  expect(overcommitted(three, new Map([["acme", lastTenant({ limits })]]), limit(1), machine)).toEqual([]);
  expect(
    overcommitted(three, new Map([["acme", lastTenant({ limits, state: "stopped" })]]), limit(1), machine),
  ).toHaveLength(1);
});

test("a connection pool counts as well, before and after", () => {
  const sizes = { size: 20, reserve: 0, maxClients: 1024, maxClientsPerIp: 9, queryWaitSeconds: 30 };
  const pooler = { mode: "transaction", ...sizes } as const;
  const pooled = [gigabyte("acme"), { ...gigabyte("globex"), pooler }];
  expect(overcommitted(pooled, new Map(), limit(1), machine)).toEqual([
    expect.stringContaining(`got memory of ${2048 + 2048 + 64 + 64} MB for 2 running tenants`),
  ]);
  const limits = { memoryMiB: 2048, maxConnections: 40, diskMiB: 10_240 };
  const last = (poolerMemoryMiB: number) => new Map([["acme", lastTenant({ limits, poolerMemoryMiB })]]);
  expect(overcommitted(pooled, last(128), limit(1), machine)).toEqual([]);
  expect(overcommitted(pooled, last(127), limit(1), machine)).toHaveLength(1);
});

test("so does what holds an instance's pools", () => {
  const shared = tenant({ id: "shared-1", memoryMiB: 1024, instance: true });
  expect(overcommitted([shared], new Map(), limit(1), machine)).toEqual([
    expect.stringContaining(`got memory of ${2048 + 1024 + 6144} MB for 1 running tenants`),
  ]);
  const limits = { memoryMiB: 1024, maxConnections: 40, diskMiB: 10_240 };
  const last = new Map([["shared-1", lastTenant({ limits, poolerMemoryMiB: 6144 })]]);
  expect(overcommitted([shared], last, limit(1), machine)).toEqual([]);
});
