// Declared things where the script is killed, and where their tenant is renamed or copied.
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  analytics,
  app,
  type DeclaredStack,
  makeDeclaredStack,
  rolesOf,
  superuser,
  whoIs,
} from "../support/declared.ts";
import { kindsIn, lookForDrift } from "../support/handMade.ts";
import { pgtOutput } from "../support/pgt.ts";

let its: DeclaredStack;

beforeAll(async () => {
  its = await makeDeclaredStack("copy");
}, 180_000);
afterAll(() => its?.remove(), 180_000);

test("the script, killed in the middle, goes on when it is run again", async () => {
  await its.sql("DROP SCHEMA mart CASCADE; DROP EXTENSION vector", "analytics");
  const lock = its
    .sql("BEGIN; LOCK pg_extension IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60); COMMIT", "analytics")
    .catch(() => "");
  its.list(analytics.replace("{ name: mart }", "{ name: mart }, { name: second }"), app);
  const waiting = "SELECT pid FROM pg_stat_activity WHERE datname = 'analytics' AND wait_event_type = 'Lock'";
  await vi.waitUntil(
    () => its.sql("SELECT 'held' FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 3079"),
    10_000,
  );
  const deployment = its.at.stack.up().then(
    () => "succeeded",
    () => "failed",
  );
  await vi.waitUntil(() => its.sql(waiting), { timeout: 30_000, interval: 100 });
  await its.sql(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS script`);
  expect(await deployment).toBe("failed");
  await its.sql(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()",
  );
  await lock;
  // What came before is there.
  expect(await its.sql("SELECT count(*) FROM pg_namespace WHERE nspname IN ('mart', 'second')", "analytics")).toBe("2");
  await its.up();
  expect(kindsIn(await lookForDrift(its.at))).toEqual([]);
  expect((await its.up()).kinds).toEqual([]);
}, 90_000);

test("a dump with an extension that only the superuser may create is loaded where the entry declares that", async () => {
  its.list(analytics, app, "extensions: [{ name: vector }]");
  await its.up();
  await its.sql("SET ROLE acme; CREATE TABLE embedded AS SELECT '[1,2]'::vector AS near", "acme");
  const dump = join(its.at.folder, "acme.dump");
  await pgtOutput(its.at, "dump", "acme", "--file", dump);
  its.add("id: loaded", `from: { import: ${dump} }`, "extensions: [{ name: vector }]");
  await its.up();
  expect(await superuser(its.at, "loaded", "SELECT near FROM public.embedded", "loaded")).toBe("[1,2]");
  expect(kindsIn(await lookForDrift(its.at))).toEqual([]);
}, 90_000);

test("a renamed tenant keeps all of it; a copy has the databases, and roles that cannot log in until they are declared", async () => {
  const before = new URL((await its.stringsOfApp()).nodePostgres);
  await pgtOutput(its.at, "rename", "acme", "acme-corp", "--yes");
  const after = rolesOf(await its.at.connectionStrings(), "acme-corp")["app"];
  expect(new URL(after?.nodePostgres ?? "").password).toBe(before.password);
  expect(await whoIs(after?.nodePostgres ?? "")).toBe("app");
  await pgtOutput(its.at, "backup", "acme-corp");
  await pgtOutput(its.at, "clone", "acme-corp", "--as", "copy", "--yes");
  const copied = (statement: string) => superuser(its.at, "copy", statement);
  expect(await copied("SELECT rolname, rolcanlogin, rolpassword IS NULL FROM pg_authid WHERE rolname = 'app'")).toBe(
    "app|f|t",
  );
  expect(
    await copied("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate"),
  ).toBe("analytics copy postgres");
  expect(kindsIn(await lookForDrift(its.at))).toEqual([]);
}, 120_000);
