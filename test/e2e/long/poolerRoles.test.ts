import { afterAll, beforeAll, expect, test } from "vitest";
import type { TenantConnections } from "../../../components/tenantConnections.ts";
import { nodeClient } from "../support/clients.ts";
import { makeTestStack, type TestStack } from "../support/testStack.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack([], {}, "proles");
  at.list("{ id: acme, pooler: { size: 4 }, roles: [{ name: reporting, connectionLimit: 2 }] }");
  await at.stack.up();
}, 300_000);
afterAll(() => at?.remove(), 300_000);

test("more clients of a role than it may have connections wait for them, and none is told by the server", async () => {
  const strings: Readonly<Record<string, TenantConnections>> = await at.connectionStrings();
  const pooled = strings["acme"]?.roles?.["reporting"]?.pooled;
  if (pooled === undefined) throw new Error("the role has no pooled connection");
  const clients = await Promise.all(Array.from({ length: 6 }, () => nodeClient(pooled.nodePostgres)));
  try {
    const slept = "SELECT pg_sleep(0.5), pg_backend_pid() AS pid";
    const answers = await Promise.all(clients.map((client) => client.query<{ pid: number }>(slept)));
    expect(new Set(answers.map(({ rows }) => rows[0]?.pid)).size).toBe(2);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
});
