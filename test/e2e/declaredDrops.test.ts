// Declared things that are dropped, once each, and only where that was confirmed.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { app, type DeclaredStack, endOf, makeDeclaredStack, today } from "./support/declared.ts";
import { kindsIn, lookForDrift } from "./support/handMade.ts";
import { pgtOutput } from "./support/pgt.ts";

let its: DeclaredStack;

beforeAll(async () => {
  its = await makeDeclaredStack("drop");
}, 180_000);
afterAll(() => its?.remove(), 180_000);

describe("a drop", () => {
  const absent = (name: string, day = today) => `{ name: ${name}, ensure: absent, confirm: ${name} ${day} }`;

  test("without a confirmation, or with an old one, is refused before anything is changed", async () => {
    its.list("databases: [{ name: analytics, ensure: absent }]");
    expect(await its.refused()).toContain("expected a confirmation beside it");
    its.list(`databases: [${absent("analytics", "2026-01-02")}]`, app);
    expect(await its.refused()).toContain("got a drop of the database analytics that was confirmed on 2026-01-02");
    expect(await its.sql("SELECT count(*) FROM mart.items", "analytics")).toBe("1");
  });

  test("of a schema that something else depends on is refused, and so is that of an extension", async () => {
    await its.sql("CREATE VIEW public.seen AS SELECT * FROM mart.items", "analytics");
    its.list(`databases: [{ name: analytics, schemas: [${absent("mart")}] }]`, app);
    expect(await its.refused()).toContain(
      "schema mart of analytics cannot be dropped: what is outside of it depends on it: ",
    );
    await its.sql("DROP VIEW public.seen; CREATE TABLE public.embedded (v public.vector)", "analytics");
    its.list(`databases: [{ name: analytics, schemas: [{ name: mart }], extensions: [${absent("vector")}] }]`, app);
    expect(await its.refused()).toContain("cannot drop extension vector because other objects depend on it");
    expect(await its.sql("SELECT count(*) FROM mart.items", "analytics")).toBe("1");
    await its.sql("DROP TABLE public.embedded", "analytics");
  }, 60_000);

  test("of extension, schema and role happens once; what the role owned is the tenant's", async () => {
    await its.sql("CREATE TABLE apps (id int); ALTER TABLE apps OWNER TO app; GRANT SELECT ON apps TO app", "acme");
    const session = await nodeClient((await its.stringsOfApp()).nodePostgres);
    const ended = endOf(session);
    const inside = `schemas: [${absent("mart")}], extensions: [${absent("vector")}]`;
    its.list(`databases: [{ name: analytics, ${inside} }]`, `roles: [${absent("app")}]`);
    const plan = await pgtOutput(its.at, "plan", "--format", "json").catch(String);
    expect(plan).toContain("schema mart of analytics dropped, with all that is in it");
    await its.up();
    await ended;
    expect(await its.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'app'")).toBe("0");
    expect(await its.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'apps'", "acme")).toBe("acme");
    expect(await its.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'mart'", "analytics")).toBe("0");
    expect(await its.sql("SELECT count(*) FROM pg_extension WHERE extname = 'vector'", "analytics")).toBe("0");
    expect((await its.up()).kinds).toEqual([]);
    // Somebody makes it again: told, and not dropped for the same confirmation.
    await its.sql("CREATE SCHEMA mart; CREATE TABLE mart.again AS SELECT 1 AS id", "analytics");
    expect(kindsIn(await lookForDrift(its.at))).toEqual(["acme declared-absent"]);
    expect((await its.up()).kinds).toEqual([]);
    its.list(`databases: [{ name: analytics, ${inside} }, { name: more }]`, `roles: [${absent("app")}]`);
    await its.up();
    expect(await its.sql("SELECT count(*) FROM mart.again", "analytics")).toBe("1");
  }, 90_000);

  test("of a database happens with its sessions on, and once", async () => {
    const uri = new URL(stringsOf(await its.at.connectionStrings(), "acme").nodePostgres);
    uri.pathname = "/analytics";
    const session = await nodeClient(uri.href);
    const ended = endOf(session);
    its.list(`databases: [${absent("analytics")}, ${absent("more")}]`);
    await its.up();
    await ended;
    expect(
      await its.sql("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate"),
    ).toBe("acme postgres");
    expect((await its.up()).kinds).toEqual([]);
    its.list();
    await its.up();
    // The dropped role's password goes with its entry.
    expect(JSON.stringify((await its.at.stack.exportStack()).deployment)).not.toContain("acme-app-login");
    expect((await its.up()).kinds).toEqual([]);
  }, 60_000);
});
