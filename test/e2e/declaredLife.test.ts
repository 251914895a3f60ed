// Entries of declared things that come, go and come back: passwords, drops with their confirmations, a script that is killed, copies and renames.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { rolesOf, superuser, today } from "./support/declared.ts";
import { kindsIn, lookForDrift } from "./support/handMade.ts";
import { pgtOutput } from "./support/pgt.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

const list = (...fields: readonly string[]) =>
  writeFileSync(
    join(at.folder, "tenants.yaml"),
    `tenants:\n  - id: acme\n${fields.map((field) => `    ${field}\n`).join("")}`,
  );
const sql = (statement: string, database?: string) => superuser(at, "acme", statement, database);
const analytics = "databases: [{ name: analytics, schemas: [{ name: mart }], extensions: [{ name: vector }] }]";
const app = "roles: [{ name: app, inRoles: [acme] }]";
const up = async () => {
  const { stdout, summary } = await at.stack.up();
  return { stdout, kinds: Object.keys(summary.resourceChanges ?? {}).filter((kind) => kind !== "same") };
};
const stringsOfApp = async () => {
  const strings = rolesOf(await at.connectionStrings(), "acme")["app"];
  if (strings === undefined) throw new Error("no connection strings for app");
  return strings;
};
const whoIs = async (uri: string) => {
  const client = await nodeClient(uri);
  try {
    return (await client.query("SELECT current_user AS name")).rows[0]?.name;
  } finally {
    await client.end();
  }
};
const refused = async () => {
  try {
    await at.stack.up();
  } catch (error) {
    return String(error);
  }
  throw new Error("the deployment was expected to fail");
};

beforeAll(async () => {
  // With protection, as a stack that somebody depends on has it.
  at = await makeTestStack([], { deletionProtection: "true" }, "life");
  list(analytics, app);
  await at.stack.up();
  await sql("CREATE TABLE mart.items AS SELECT 1 AS id", "analytics");
}, 180_000);
afterAll(async () => {
  await at?.stack.setConfig("pgtenants:deletionProtection", { value: "false" });
  await at?.stack.up();
  await at?.remove();
}, 180_000);

test("a role's own password works through the router, rotates while its sessions live on, and access counts for it", async () => {
  const { nodePostgres: before } = await stringsOfApp();
  expect(await whoIs(before)).toBe("app");
  const session = await nodeClient(before);
  try {
    list(analytics, "roles: [{ name: app, inRoles: [acme], passwordVersion: 2 }]");
    await up();
    expect((await session.query("SELECT 1")).rowCount).toBe(1);
    await expect(whoIs(before)).rejects.toThrow("password authentication failed");
    const { nodePostgres: after } = await stringsOfApp();
    expect(await whoIs(after)).toBe("app");
    const ended = new Promise((resolve) => session.once("error", resolve));
    list(analytics, app, "access: { enabled: false }");
    await up();
    await ended;
    expect(await sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'app'")).toBe("f");
  } finally {
    await session.end();
  }
  list(analytics, app);
  await up();
  expect((await up()).kinds).toEqual([]);
}, 60_000);

test("entries that are taken out drop nothing; the role can no longer log in, which is said, and comes back with its password", async () => {
  const { nodePostgres } = await stringsOfApp();
  list();
  const plan = JSON.parse(await pgtOutput(at, "plan", "--format", "json"));
  const told = JSON.stringify(plan);
  expect(told).toContain("role app has no entry any more: it stays, and cannot log in");
  expect(told).toContain("database analytics has no entry any more, and stays");
  expect((await up()).stdout).toContain("the role app has no entry any more: it can no longer log in");
  expect(await sql("SELECT count(*) FROM mart.items", "analytics")).toBe("1");
  expect(await sql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'app'")).toBe("f");
  await expect(whoIs(nodePostgres)).rejects.toThrow();
  expect((await up()).kinds).toEqual([]);
  expect(kindsIn(await lookForDrift(at))).toEqual([]);
  // The tenant's own database under another name is not mistaken for the one that was declared.
  list("database: renamed");
  await up();
  expect(await sql("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate")).toBe(
    "analytics postgres renamed",
  );
  list(analytics, app);
  await up();
  expect(await whoIs(nodePostgres)).toBe("app");
  expect((await up()).kinds).toEqual([]);
}, 90_000);

describe("a drop", () => {
  const absent = (name: string, day = today) => `{ name: ${name}, ensure: absent, confirm: ${name} ${day} }`;

  test("without a confirmation, or with an old one, is refused before anything is changed", async () => {
    list("databases: [{ name: analytics, ensure: absent }]");
    expect(await refused()).toContain("expected a confirmation beside it");
    list(`databases: [${absent("analytics", "2026-01-02")}]`, app);
    expect(await refused()).toContain("got a drop of the database analytics that was confirmed on 2026-01-02");
    expect(await sql("SELECT count(*) FROM mart.items", "analytics")).toBe("1");
  });

  test("of a schema that something else depends on is refused, and so is that of an extension", async () => {
    await sql("CREATE VIEW public.seen AS SELECT * FROM mart.items", "analytics");
    list(`databases: [{ name: analytics, schemas: [${absent("mart")}] }]`, app);
    expect(await refused()).toContain(
      "schema mart of analytics cannot be dropped: what is outside of it depends on it: ",
    );
    await sql("DROP VIEW public.seen; CREATE TABLE public.embedded (v public.vector)", "analytics");
    list(`databases: [{ name: analytics, schemas: [{ name: mart }], extensions: [${absent("vector")}] }]`, app);
    expect(await refused()).toContain("cannot drop extension vector because other objects depend on it");
    expect(await sql("SELECT count(*) FROM mart.items", "analytics")).toBe("1");
    await sql("DROP TABLE public.embedded", "analytics");
  }, 60_000);

  test("of extension, schema and role happens once; what the role owned is the tenant's", async () => {
    await sql("CREATE TABLE apps (id int); ALTER TABLE apps OWNER TO app; GRANT SELECT ON apps TO app", "acme");
    const session = await nodeClient((await stringsOfApp()).nodePostgres);
    const ended = new Promise((resolve) => session.once("error", resolve));
    const inside = `schemas: [${absent("mart")}], extensions: [${absent("vector")}]`;
    list(`databases: [{ name: analytics, ${inside} }]`, `roles: [${absent("app")}]`);
    const plan = await pgtOutput(at, "plan", "--format", "json").catch(String);
    expect(plan).toContain("schema mart of analytics dropped, with all that is in it");
    await up();
    await ended;
    expect(await sql("SELECT count(*) FROM pg_roles WHERE rolname = 'app'")).toBe("0");
    expect(await sql("SELECT tableowner FROM pg_tables WHERE tablename = 'apps'", "acme")).toBe("acme");
    expect(await sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'mart'", "analytics")).toBe("0");
    expect(await sql("SELECT count(*) FROM pg_extension WHERE extname = 'vector'", "analytics")).toBe("0");
    expect((await up()).kinds).toEqual([]);
    // Somebody makes it again: told, and not dropped for the same confirmation.
    await sql("CREATE SCHEMA mart; CREATE TABLE mart.again AS SELECT 1 AS id", "analytics");
    expect(kindsIn(await lookForDrift(at))).toEqual(["acme declared-absent"]);
    expect((await up()).kinds).toEqual([]);
    list(`databases: [{ name: analytics, ${inside} }, { name: more }]`, `roles: [${absent("app")}]`);
    await up();
    expect(await sql("SELECT count(*) FROM mart.again", "analytics")).toBe("1");
  }, 90_000);

  test("of a database happens with its sessions on, and once", async () => {
    const uri = new URL(stringsOf(await at.connectionStrings(), "acme").nodePostgres);
    uri.pathname = "/analytics";
    const session = await nodeClient(uri.href);
    const ended = new Promise((resolve) => session.once("error", resolve));
    list(`databases: [${absent("analytics")}, ${absent("more")}]`);
    await up();
    await ended;
    expect(await sql("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate")).toBe(
      "acme postgres",
    );
    expect((await up()).kinds).toEqual([]);
    list();
    await up();
    // The dropped role's password goes with its entry.
    expect(JSON.stringify((await at.stack.exportStack()).deployment)).not.toContain("acme-app-login");
    expect((await up()).kinds).toEqual([]);
  }, 60_000);
});

test("the script, killed in the middle, goes on when it is run again", async () => {
  list(analytics, app);
  await up();
  await sql("DROP SCHEMA mart; DROP EXTENSION vector", "analytics");
  const lock = sql("BEGIN; LOCK pg_extension IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60); COMMIT", "analytics").catch(
    () => "",
  );
  const list2 = [analytics.replace("{ name: mart }", "{ name: mart }, { name: second }"), app];
  list(...list2);
  const waiting = "SELECT pid FROM pg_stat_activity WHERE datname = 'analytics' AND wait_event_type = 'Lock'";
  await vi.waitUntil(
    () => sql("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 3079"),
    10_000,
  );
  const deployment = at.stack.up().then(
    () => "succeeded",
    () => "failed",
  );
  await vi.waitUntil(() => sql(waiting), { timeout: 30_000, interval: 100 });
  await sql(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS script`);
  expect(await deployment).toBe("failed");
  await sql(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()",
  );
  await lock;
  // What came before is there.
  expect(await sql("SELECT count(*) FROM pg_namespace WHERE nspname IN ('mart', 'second')", "analytics")).toBe("2");
  await up();
  expect(kindsIn(await lookForDrift(at))).toEqual([]);
  expect((await up()).kinds).toEqual([]);
}, 90_000);

test("a renamed tenant keeps all of it; a copy has the databases, and roles that cannot log in until they are declared", async () => {
  const before = new URL((await stringsOfApp()).nodePostgres);
  await pgtOutput(at, "rename", "acme", "acme-corp", "--yes");
  const after = rolesOf(await at.connectionStrings(), "acme-corp")["app"];
  expect(new URL(after?.nodePostgres ?? "").password).toBe(before.password);
  expect(await whoIs(after?.nodePostgres ?? "")).toBe("app");
  await pgtOutput(at, "backup", "acme-corp");
  await pgtOutput(at, "clone", "acme-corp", "--as", "copy", "--yes");
  const copied = (statement: string) => superuser(at, "copy", statement);
  expect(await copied("SELECT rolname, rolcanlogin, rolpassword IS NULL FROM pg_authid WHERE rolname = 'app'")).toBe(
    "app|f|t",
  );
  expect(
    await copied("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate"),
  ).toBe("analytics copy postgres");
  expect(kindsIn(await lookForDrift(at))).toEqual([]);
}, 120_000);
