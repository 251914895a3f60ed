// Entries of declared things that change, go and come back: passwords, and what stays.
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeClient } from "../support/clients.ts";
import { analytics, app, type DeclaredStack, endOf, makeDeclaredStack, whoIs } from "../support/declared.ts";
import { kindsIn, lookForDrift } from "../support/handMade.ts";
import { pgtOutput } from "../support/pgt.ts";

let its: DeclaredStack;

beforeAll(async () => {
  its = await makeDeclaredStack("life");
}, 180_000);
afterAll(() => its?.remove(), 180_000);

test("a role's own password works through the router, rotates while its sessions live on, and access counts for it", async () => {
  const { nodePostgres: before } = await its.stringsOfApp();
  expect(await whoIs(before)).toBe("app");
  const session = await nodeClient(before);
  try {
    its.list(analytics, "roles: [{ name: app, inRoles: [acme], passwordVersion: 2 }]");
    await its.up();
    expect((await session.query("SELECT 1")).rowCount).toBe(1);
    await expect(whoIs(before)).rejects.toThrow("password authentication failed");
    const { nodePostgres: after } = await its.stringsOfApp();
    expect(await whoIs(after)).toBe("app");
    const ended = endOf(session);
    its.list(analytics, app, "access: { enabled: false }");
    await its.up();
    await ended;
    expect(await its.sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'app'")).toBe("f");
  } finally {
    await session.end();
  }
  its.list(analytics, app);
  await its.up();
  expect((await its.up()).kinds).toEqual([]);
}, 60_000);

test("entries that are taken out drop nothing; the role can no longer log in, which is said, and comes back with its password", async () => {
  const { nodePostgres } = await its.stringsOfApp();
  its.list();
  const plan = JSON.parse(await pgtOutput(its.at, "plan", "--format", "json"));
  const told = JSON.stringify(plan);
  expect(told).toContain("role app has no entry any more: it stays, and cannot log in");
  expect(told).toContain("database analytics has no entry any more, and stays");
  expect((await its.up()).stdout).toContain("the role app has no entry any more: it can no longer log in");
  expect(await its.sql("SELECT count(*) FROM mart.items", "analytics")).toBe("1");
  expect(await its.sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'app'")).toBe("f");
  await expect(whoIs(nodePostgres)).rejects.toThrow();
  expect((await its.up()).kinds).toEqual([]);
  expect(kindsIn(await lookForDrift(its.at))).toEqual([]);
  // The tenant's own database under another name is not mistaken for the one that was declared.
  its.list("database: renamed");
  await its.up();
  expect(
    await its.sql("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate"),
  ).toBe("analytics postgres renamed");
  its.list(analytics, app);
  await its.up();
  expect(await whoIs(nodePostgres)).toBe("app");
  expect((await its.up()).kinds).toEqual([]);
}, 90_000);
