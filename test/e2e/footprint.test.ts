import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseStackState } from "../../components/stackState.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

// What a tenant and a command cost, in counts: unlike seconds they are the same on every machine. Each ceiling is what it was when it was
// last lowered; who raises one says why. The seconds are in docs/benchmarks.md.

const few = ["id: t-1", "id: t-2"];
const more = [...few, "id: t-3", "id: t-4", "id: t-5", "id: t-6"];
let at: TestStack;
let stateBytes: { few: number; more: number };

beforeAll(async () => {
  at = await makeTestStack([]);
  at.list(...few);
  await at.stack.up();
  const size = () => statSync(join(at.folder, "backend/.pulumi/stacks/pgtenants", `${at.name}.json`)).size;
  const sizeOfFew = size();
  at.list(...more);
  await at.stack.up();
  stateBytes = { few: sizeOfFew, more: size() };
});
afterAll(() => at?.remove());

async function pulumi(args: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  const where = ["--cwd", join(at.folder, "project"), "--stack", at.name, "--non-interactive"];
  return outputOf("pulumi", [...args, ...where], "", { ...at.environment, ...environment });
}

test("a tenant is seven resources", async () => {
  const { resources } = parseStackState(await pulumi(["stack", "export"]));
  const own = resources.filter(({ urn, parent }) => [urn, parent].some((name) => name?.endsWith("::t-3")));
  expect(own.map(({ type }) => type).sort()).toEqual([
    "command:local:Command",
    "docker:index/container:Container",
    "docker:index/volume:Volume",
    "docker:index/volume:Volume",
    "pgtenants:index:TenantDatabase",
    "random:index/randomPassword:RandomPassword",
    "random:index/randomPassword:RandomPassword",
  ]);
});

// A third more than before there were backups: their volume and key, and pgBackRest's configuration beside the SQL. Limits are 1 kB.
test("a tenant's part of the state is not larger than it was", () => {
  expect((stateBytes.more - stateBytes.few) / 4).toBeLessThan(26_500);
});

test("a preview without a change asks the same few questions, whatever the number of tenants", async () => {
  const notes = join(at.folder, "asked.txt");
  const bin = join(at.folder, "noting");
  mkdirSync(bin);
  for (const command of ["docker", "pulumi"]) {
    const real = execFileSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).trim();
    writeFileSync(join(bin, command), `#!/bin/sh\necho "${command} $1 $2" >>'${notes}'\nexec '${real}' "$@"\n`, {
      mode: 0o755,
    });
  }
  await pulumi(["preview"], { PATH: `${bin}${delimiter}${process.env["PATH"]}` });
  const asked = readFileSync(notes, "utf8").trim().split("\n").sort();
  expect(asked).toEqual([
    "docker image inspect",
    "docker image inspect",
    "docker volume ls",
    "pulumi preview --cwd",
    "pulumi stack export",
  ]);
});

test("none of it is bought with durability: what a tenant was told is committed is on disk, in pages with checksums", async () => {
  const safe = { data_checksums: "on", fsync: "on", full_page_writes: "on", synchronous_commit: "on" };
  const names = Object.keys(safe).map((name) => `'${name}'`);
  const sql = `SELECT json_object_agg(name, setting) FROM pg_settings WHERE name IN (${names.join(", ")})`;
  const psql = ["exec", at.container("t-1"), "psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", sql];
  expect(JSON.parse(await outputOf("docker", psql))).toEqual(safe);
});

test("a command reads no more modules than it did", async () => {
  const counts = join(at.folder, "modules");
  mkdirSync(counts);
  const hook = join(at.folder, "count.mjs");
  writeFileSync(
    hook,
    `import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
const seen = new Set();
registerHooks({ load(url, context, next) { seen.add(url); return next(url, context); } });
process.on("exit", () => {
  if (process.argv[1].endsWith("cmd/run")) writeFileSync(${JSON.stringify(counts)} + "/" + process.pid, [...seen].join("\\n"));
});
`,
  );
  await pulumi(["preview"], { NODE_OPTIONS: `--import ${hook}` });
  const [file = ""] = readdirSync(counts);
  const modules = readFileSync(join(counts, file), "utf8").split("\n");
  const own = modules.filter((url) => url.startsWith("file:") && !url.includes("/node_modules/"));
  // What the SDK itself reads depends on the language host.
  const direct = modules.filter((url) =>
    /node_modules\/(yaml|zod|ipaddr\.js|@pulumi\/(docker|random|command))\//.test(url),
  );
  const unused =
    /node_modules\/(typescript|normalize-package-data|@npmcli\/arborist|@opentelemetry\/(sdk|instrumentation|exporter|resources)[^/]*|@pulumi\/pulumi\/automation)\//;
  expect(modules.filter((url) => unused.test(url))).toEqual([]);
  // The last are there since a preview knows whom it restarts: the table of what changes do, the comparison, and what a container is made from; and since tenants may go by themselves.
  // A quarter came with pools, declared things, limits and instances, whose fields and rules every list is held against; half of
  // the last twelve with second places of tenants that move, the others since what was one long file is two.
  expect(own.length).toBeLessThanOrEqual(122);
  expect(direct.length).toBeLessThanOrEqual(223);
});
