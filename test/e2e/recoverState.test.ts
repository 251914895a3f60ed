import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresImageTag } from "../../components/images.ts";
import { nodeClient } from "./support/clients.ts";
import { identity } from "./support/engine.ts";
import { pgt, pgtOutput } from "./support/pgt.ts";
import { countChanges } from "./support/previews.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

const own = "correct horse battery";
const idle = ["--pull=never", "--entrypoint=sleep", postgresImageTag(), "600"];
let at: TestStack;

const kept = (path: string) => join(at.folder, "backend", ".pulumi", path);
const stateFile = () => kept(`stacks/pgtenants/${at.name}.json`);
const url = async (id: string) => (await pgtOutput(at, "url", id, "--format", "nodePostgres")).trim();
const urls = () => Promise.all(["acme", "globex"].map(url));
const made = (id: string) => outputOf("docker", ["volume", "inspect", "--format", "{{.CreatedAt}}", at.container(id)]);

async function answers(uri: string): Promise<unknown[]> {
  const client = await nodeClient(uri);
  return (await client.query("SELECT answer FROM kept").finally(() => client.end())).rows;
}

beforeAll(async () => {
  at = await makeTestStack(["acme"]);
  expect((await pgt(at, ["create", "globex", "--password"], own)).code).toBe(0);
  for (const uri of await urls()) {
    const client = await nodeClient(uri);
    await client.query("CREATE TABLE kept AS SELECT 42 AS answer");
    await client.end();
  }
});
afterAll(() => at?.remove());

test.each([
  [
    "cut in half",
    () => {
      const state = readFileSync(stateFile());
      writeFileSync(stateFile(), state.subarray(0, state.length / 2));
    },
  ],
  ["gone", () => rmSync(stateFile())],
  [
    "gone with the copy of its last write, and a new one was begun",
    () => {
      rmSync(kept("stacks"), { recursive: true });
      return at.stack.workspace.createStack(at.name);
    },
  ],
])("a state that is %s comes back from a copy, with its passwords, and nothing restarts", async (_, lose) => {
  const [before, running] = [await urls(), await identity(at.container("acme"))];
  await lose();
  expect(await pgt(at, ["start"])).toMatchObject({ code: 1, stderr: expect.stringContaining("./pgt recover") });

  expect(await pgtOutput(at, "recover")).toContain("passwords included");
  expect(await urls()).toEqual(before);
  expect(await identity(at.container("acme"))).toBe(running);
  expect(await countChanges(at, { refresh: true })).toEqual({});
});

test("without a copy, nothing is removed for what a deployment would refuse; mended, it recovers", async () => {
  const names = [at.container("acme"), at.container("globex"), at.router];
  const running = await Promise.all(names.map(identity));
  for (const folder of ["stacks", "backups"]) rmSync(kept(folder), { recursive: true });
  const expectRefusal = async (message: string) => {
    const refusal = { code: 1, stdout: "", stderr: expect.stringMatching(/nothing was changed/) };
    const finished = await pgt(at, ["recover", "--yes"]);
    expect(finished).toEqual(refusal);
    expect(finished.stderr).toContain(message);
    expect(await Promise.all(names.map(identity))).toEqual(running);
  };

  const list = join(at.folder, "tenants.yaml");
  const settings = join(at.folder, "project", `Pulumi.${at.name}.yaml`);
  const gone = "localhost/pgtenants/postgres:gone";
  const mistakes = [
    [list, "  - id: acme\n", "  - id: acme\n    memory: 5GB\n", 'got "5GB"'],
    [settings, "config:\n", `config:\n  pgtenants:postgresImage: ${gone}\n`, `got no image ${gone}`],
    [settings, / {2}pgtenants:passwords:\n(?: {4}.*\n)+/, "", '"globex": got password: custom and no password'],
  ] as const;
  for (const [file, right, wrong, message] of mistakes) {
    const before = readFileSync(file, "utf8");
    expect(before).toMatch(right);
    writeFileSync(file, before.replace(right, wrong));
    await expectRefusal(message).finally(() => writeFileSync(file, before));
  }

  const other = `${at.name}-other`;
  const mount = `${at.container("acme")}:/data:ro`;
  await outputOf("docker", ["run", "--detach", `--name=${other}`, "--volume", mount, ...idle]);
  try {
    await expectRefusal(`got the volume ${at.container("acme")} in use by ${other}, expected it free`);
  } finally {
    await outputOf("docker", ["rm", "--force", "--volumes", other]);
  }

  expect(await pgtOutput(at, "recover", "--yes")).toContain("not in this state, which makes its own; removing it");
  for (const uri of await urls()) expect(await answers(uri)).toEqual([{ answer: 42 }]);
  expect(await countChanges(at, { refresh: true })).toEqual({});
});

test("without a copy it asks, and a new state takes over all data; passwords are new, but for the operator's own", async () => {
  const [[acme, globex], volume] = [await urls(), await made("acme")];
  const running = await identity(at.container("acme"));
  for (const folder of ["stacks", "backups"]) rmSync(kept(folder), { recursive: true });

  expect(await pgt(at, ["recover"], "yes\n")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /is lost, and this is on this engine: container [\s\S]*passwords[\s\S]*got "yes", expected /,
    ),
  });
  expect(await identity(at.container("acme"))).toBe(running);
  expect(await answers(acme ?? "")).toEqual([{ answer: 42 }]);

  expect(await pgt(at, ["recover"], `${at.name}\n`)).toMatchObject({ code: 0 });
  expect(await countChanges(at, { refresh: true })).toEqual({});
  expect(await made("acme")).toBe(volume);
  expect(await url("globex")).toBe(globex);
  expect(await url("acme")).not.toBe(acme);
  for (const uri of await urls()) expect(await answers(uri)).toEqual([{ answer: 42 }]);
  await expect(nodeClient(acme ?? "")).rejects.toThrow("password authentication failed");
});

test("where nothing is lost, nothing is done", async () => {
  const running = await identity(at.container("acme"));
  await pgtOutput(at, "recover", "--yes");
  expect(await identity(at.container("acme"))).toBe(running);
});

test("where there is neither a state nor anything to take over, it says so", async () => {
  const name = "e2e-none";
  const settings = `config:\n  pgtenants:domain: db.example.com\n  pgtenants:tenantsFile: ${at.folder}/tenants.yaml\n`;
  writeFileSync(join(at.folder, "project", `Pulumi.${name}.yaml`), settings);
  expect(await pgt(at, ["recover", "--stack", name, "--yes"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`there is no state of the stack ${name}, and nothing of it on this engine`),
  });
});
