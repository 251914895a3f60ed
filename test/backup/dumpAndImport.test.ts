// The same through pgt and tenants.yaml: a dump is a file of its own, and what it, a URL or a copy with less held becomes a tenant.
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asSuperuser } from "../e2e/support/imageContainer.ts";
import { inDatabase, leftOf } from "../e2e/support/importBench.ts";
import { pgt, pgtOutput } from "../e2e/support/pgt.ts";
import { outputOf, run } from "../e2e/support/shell.ts";
import { makeTestStack, type TestStack } from "../e2e/support/testStack.ts";

let at: TestStack;
const rows = "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY id)) FROM things AS t";
let content: string;

beforeAll(async () => {
  at = await makeTestStack(["acme"]);
  await pgtOutput(at, "start");
  const sql =
    "SET SESSION AUTHORIZATION acme; CREATE TABLE things AS SELECT n AS id, format('Ding %s äöü', n) AS what FROM generate_series(1, 500) AS n";
  await inDatabase(at.container("acme"), "acme", sql);
  content = await inDatabase(at.container("acme"), "acme", rows);
});
afterAll(() => at?.remove());

const ofTenant = async (id: string, format = "nodePostgres") =>
  (await at.connectionStrings())[id]?.[format as "uri"] ?? "";

test("a dump is a file that only its owner reads, takes nobody's place, and becomes a tenant", async () => {
  const file = join(at.folder, "acme.dump");
  await pgtOutput(at, "dump", "acme", "--file", file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { size } = statSync(file);
  expect(await pgt(at, ["dump", "acme", "--file", file])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("is there already"),
  });
  expect(await pgt(at, ["dump", "acme", "--file", file, "--force", "--schema-only"])).toMatchObject({ code: 0 });
  expect(statSync(file).size).toBeLessThan(size);
  expect(await pgtOutput(at, "dump", "acme", "--format", "plain")).toContain("-- PostgreSQL database dump complete");

  await pgtOutput(at, "dump", "acme", "--file", file, "--force");
  const told = await pgtOutput(at, "import", "globex", "--from", file);
  expect(told).toContain("globex: loading 1 tables");
  expect(await inDatabase(at.container("globex"), "globex", rows)).toBe(content);
  const owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'things'";
  expect(await inDatabase(at.container("globex"), "globex", owner)).toBe("globex");
  expect(await pgtOutput(at, "psql", "globex", "--", "-Atc", "SELECT count(*) FROM things")).toBe("500\n");
});

test("a tenant that has begun is left alone, whatever becomes of the dump", async () => {
  await inDatabase(at.container("globex"), "globex", "DELETE FROM things WHERE id > 10");
  writeFileSync(join(at.folder, "acme.dump"), "no dump any more");
  await pgtOutput(at, "start");
  expect(await inDatabase(at.container("globex"), "globex", "SELECT count(*) FROM things")).toBe("10");
});

test("a server becomes a tenant by its URL, whose password is typed and stands nowhere in clear", async () => {
  const address = await outputOf("docker", [
    ...["inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", at.container("acme")],
  ]);
  const password = decodeURIComponent(new URL(await ofTenant("acme", "uri")).password);
  const url = `postgresql://acme@${address}:5432/acme`;
  const wrong = await pgt(at, ["import", "hooli", "--from", url], "some other password");
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("password authentication failed") });
  expect(wrong.stdout + wrong.stderr).not.toContain("some other password");
  expect((await asSuperuser(at.container("acme"), "SELECT 1")).trim()).toBe("1");
  // The entry stays, as after any deployment that failed on its way; with the right URL the next one goes on.
  const set = ["config", "set", "--secret", "--path", 'imports["hooli"]', "--stack", at.name];
  const inProject = ["-C", join(at.folder, "project"), "--non-interactive"];
  await outputOf("pulumi", [...inProject, ...set], url.replace("@", `:${password}@`), at.environment);
  const told = await pgtOutput(at, "start");
  expect(told).toContain("hooli: loading 1 tables");
  expect(told).not.toContain(password);
  expect(await inDatabase(at.container("hooli"), "hooli", rows)).toBe(content);
  expect(await leftOf(at.container("hooli"))).toEqual([]);
  const state = await outputOf("pulumi", [...inProject, "stack", "export", "--stack", at.name], "", at.environment);
  expect(state).not.toContain(password);
  expect(readFileSync(join(at.folder, "project", `Pulumi.${at.name}.yaml`), "utf8")).not.toContain(password);
});

describe("a copy", () => {
  const mask = () => join(at.folder, "project/masks/acme.sql");
  beforeAll(() => {
    mkdirSync(join(at.folder, "project/masks"));
  });

  test("with a mask is made of what it leaves, and the file says so", async () => {
    writeFileSync(mask(), "UPDATE things SET what = 'masked' WHERE id % 2 = 0;\n");
    await pgtOutput(at, "clone", "acme", "--as", "masked", "--mask", mask());
    const masked = "SELECT count(*), count(*) FILTER (WHERE what = 'masked') FROM things";
    expect(await inDatabase(at.container("masked"), "masked", masked)).toBe("500|250");
    const entries = readFileSync(join(at.folder, "tenants.yaml"), "utf8");
    expect(entries).toMatch(/clone: acme.*mask: .*\.\/masks\/acme\.sql/s);
  });

  test("of the schema alone has no rows", async () => {
    await pgtOutput(at, "clone", "acme", "--as", "empty", "--schema-only");
    expect(await inDatabase(at.container("empty"), "empty", "SELECT count(*) FROM things")).toBe("0");
  });

  test("whose mask fails is not made, and the error has file and line", async () => {
    writeFileSync(mask(), "UPDATE nothing SET what = 'masked';\n");
    const failed = await pgt(at, ["clone", "acme", "--as", "broken", "--mask", mask()]);
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining("./masks/acme.sql:1: ERROR:") });
    expect((await run("docker", ["container", "inspect", at.container("broken")])).stdout).toBe("[]\n");
  });
});
