import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeClient } from "./support/clients.ts";
import { identity } from "./support/engine.ts";
import { pgt, pgtAnswered, pgtEnvironment, pgtEvents, pgtOutput } from "./support/pgt.ts";
import { outputOf, run } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

const tenantsFile = () => readFileSync(join(at.folder, "tenants.yaml"), "utf8");
const settings = () => readFileSync(join(at.folder, "project", `Pulumi.${at.name}.yaml`), "utf8");
const list = async () => JSON.parse(await pgtOutput(at, "list", "--json")).tenants;
const stateOf = async (id: string) => (await list()).find((tenant: { id: string }) => tenant.id === id)?.state;
const url = async (id: string, format = "nodePostgres") => (await pgtOutput(at, "url", id, "--format", format)).trim();
const volumes = () =>
  outputOf("docker", ["volume", "ls", "--quiet", "--filter", `label=dev.pgtenants.stack=${at.name}`]);

async function isPasswordProtected(id: string): Promise<boolean> {
  const { resources } = (await at.stack.exportStack()).deployment;
  const password = resources.find(({ urn }: { urn: string }) => urn.endsWith(`::${id}-password`));
  return password.protect === true;
}

async function query(id: string, sql: string) {
  const client = await nodeClient(await url(id));
  return client.query(sql).finally(() => client.end());
}

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex"], { deletionProtection: "true" });
});
afterAll(async () => {
  try {
    await at?.stack.setConfig("deletionProtection", { value: "false" });
    await at?.stack.up();
  } finally {
    await at?.remove();
  }
});

test("start makes what the file says, and tells it tenant by tenant", async () => {
  const events = await pgtEvents(at, "start");
  expect(events).toContainEqual({ event: "step", subject: "acme", step: "creating container" });
  for (const subject of ["acme", "globex"]) {
    expect(events).toContainEqual({ event: "ready", subject, seconds: expect.any(Number) });
  }
  expect(events.at(-1)).toMatchObject({ event: "deployed", seconds: expect.any(Number) });
  expect((await list()).map(({ id, state }: { id: string; state: string }) => [id, state])).toEqual([
    ["acme", "running"],
    ["globex", "running"],
  ]);
  await query("acme", "CREATE TABLE kept AS SELECT 42 AS answer");
});

describe("a tenant is created", () => {
  const own = "correct horse battery";

  test("with a password of the operator's, from standard input alone", async () => {
    const inline = await pgt(at, ["create", "initech", "--password=not-a-secret"]);
    expect(inline).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("every process of this machine"),
    });

    const neighbour = await identity(at.container("globex"));
    const limits = ["--memory", "128MB", "--max-connections", "20"];
    const stdout = await pgtAnswered(at, own, "create", "initech", ...limits, "--password");
    expect(stdout).toMatch(/initech: creating container\n[\s\S]*initech: ready/);
    expect(tenantsFile()).toContain(
      "  - id: initech\n    memory: 128 MB\n    maxConnections: 20\n    password: custom\n",
    );
    expect(settings() + stdout).not.toContain(own);
    expect(await url("initech", "pgpass")).toContain(`:${own}`);
    expect((await query("initech", "SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    expect(await identity(at.container("globex"))).toBe(neighbour);
  });

  test("not where the program refuses it: file and settings are as they were", async () => {
    const before = [tenantsFile(), settings()];
    const refused = await pgt(at, ["create", "short", "--password"], "too short");
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: passwords\.short: got a password .*\n {2}fix: nothing was changed/),
    });
    expect(refused.stderr + refused.stdout).not.toContain("too short");
    const unfit = await pgt(at, ["create", "newco", "--memory", "5 gigs", "--json"]);
    expect(unfit.code).toBe(1);
    expect(JSON.parse(unfit.stdout)).toMatchObject({
      event: "error",
      message: expect.stringContaining('got "5 gigs"'),
    });
    expect([tenantsFile(), settings()]).toEqual(before);
    expect(await stateOf("newco")).toBeUndefined();
  });

  test("nor twice, nor under a misspelt command", async () => {
    expect(await pgt(at, ["create", "acme"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is there already"),
    });
    expect(await pgt(at, ["craete", "acme"])).toMatchObject({ code: 1, stderr: expect.stringContaining("create") });
    expect(await pgt(at, ["stop", "acne"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("did you mean acme?"),
    });
  });
});

test("stop takes the container, start brings it back with its rows", async () => {
  const before = tenantsFile();
  await pgtOutput(at, "stop", "acme");
  expect(await stateOf("acme")).toBe("stopped");
  expect(await pgt(at, ["logs", "acme"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("has no container"),
  });
  await pgtOutput(at, "start", "acme");
  expect((await query("acme", "SELECT answer FROM kept")).rows).toEqual([{ answer: 42 }]);
  expect(tenantsFile()).toBe(before);
});

test("access is taken and given while the server runs on", async () => {
  const before = await identity(at.container("acme"));
  await pgtOutput(at, "disable-access", "acme");
  await expect(query("acme", "SELECT 1")).rejects.toThrow();
  expect(await pgtOutput(at, "list")).toMatch(/^acme .* off$/m);
  await pgtOutput(at, "enable-access", "acme");
  expect((await query("acme", "SELECT answer FROM kept")).rows).toEqual([{ answer: 42 }]);
  expect(await identity(at.container("acme"))).toBe(before);
});

test("a rotated password is another one, and the old one is of no use", async () => {
  const [before, old] = [await identity(at.container("acme")), await url("acme")];
  const live = await nodeClient(old);
  await pgtOutput(at, "rotate", "acme");
  expect(await url("acme")).not.toBe(old);
  expect((await live.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  await live.end();
  await expect(nodeClient(old)).rejects.toThrow("password authentication failed");
  expect(await identity(at.container("acme"))).toBe(before);
});

test("a password of the operator's own is rotated by another one", async () => {
  const another = "another horse battery";
  expect(await pgtAnswered(at, another, "rotate", "initech")).not.toContain(another);
  expect(await url("initech", "pgpass")).toContain(`:${another}`);
  expect((await query("initech", "SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
});

test("a rename asks, unless it cannot be, and keeps data and password", async () => {
  const before = tenantsFile();
  for (const newId of ["globex", "x"]) {
    const { code, stderr } = await pgt(at, ["rename", "initech", newId], `${newId}\n`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.not.stringContaining("Type") });
  }
  expect(await pgt(at, ["rename", "initech", "initrode"], "no\n")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('got "no"'),
  });
  expect(tenantsFile()).toBe(before);
  await query("initech", "CREATE TABLE kept AS SELECT 7 AS answer");
  await pgtAnswered(at, "initrode\n", "rename", "initech", "initrode");
  expect((await query("initrode", "SELECT answer FROM kept")).rows).toEqual([{ answer: 7 }]);
  expect(await pgt(at, ["stop", "initech"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("did you mean initrode?"),
  });
});

test("remove asks and keeps the data; purge asks again and deletes it", async () => {
  expect((await pgt(at, ["remove", "acme"])).code).toBe(1);
  expect(await stateOf("acme")).toBe("running");
  expect(await pgt(at, ["purge", "acme"], "acme\n")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("acme is running"),
  });

  expect(await pgtAnswered(at, "acme\n", "remove", "acme")).toContain("its data is kept");
  expect(await stateOf("acme")).toBe("removed");
  const { retired } = JSON.parse(await pgtOutput(at, "list", "--retired", "--json"));
  expect(retired).toEqual([
    {
      id: "acme",
      volume: at.container("acme"),
      inTheFile: true,
      sizeMiB: expect.any(Number),
      since: expect.any(String),
    },
  ]);
  expect(retired[0].sizeMiB).toBeGreaterThan(10);

  const removed = tenantsFile();
  await pgtOutput(at, "start", "acme", "--no-deploy");
  expect(tenantsFile()).not.toContain("confirm");
  writeFileSync(join(at.folder, "tenants.yaml"), removed);
  await pgtOutput(at, "create", "acme", "--max-connections", "30");
  expect(tenantsFile()).toContain("    maxConnections: 30\n");
  expect((await query("acme", "SELECT answer FROM kept")).rows).toEqual([{ answer: 42 }]);

  await pgtOutput(at, "remove", "acme", "--yes");
  expect(await pgt(at, ["purge", "acme", "--yes"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("--yes --confirm acme"),
  });
  const removedEntry = tenantsFile();
  await pgtOutput(at, "start", "acme");
  writeFileSync(join(at.folder, "tenants.yaml"), removedEntry);
  expect(await pgt(at, ["purge", "acme", "--yes", "--confirm", "acme"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("its removal is not deployed yet"),
  });
  await pgtOutput(at, "start");
  expect(await volumes()).toContain(at.container("acme"));
  expect(await volumes()).toContain(at.backups("acme"));
  await pgtOutput(at, "purge", "acme", "--yes", "--confirm", "acme");
  expect(await volumes()).not.toContain(at.container("acme"));
  expect(await volumes()).not.toContain(at.backups("acme"));
  expect(tenantsFile()).not.toContain("acme");
}, 300_000);

test("stop stops everything, and start brings everything back, passwords that were rotated just before among it", async () => {
  expect((await pgt(at, ["stop"])).code).toBe(1);
  await pgtOutput(at, "rotate", "globex");
  expect(await isPasswordProtected("globex")).toBe(true);
  const next = (_: string, version: string) => `passwordVersion: ${Number(version) + 1}`;
  writeFileSync(join(at.folder, "tenants.yaml"), tenantsFile().replace(/passwordVersion: (\d+)/, next));
  await at.stack.up();
  expect(await isPasswordProtected("globex")).toBe(false);
  const rotated = await url("globex");
  const kept = await volumes();
  await pgtOutput(at, "stop", "--yes");
  expect(await outputOf("docker", ["ps", "--all", "--quiet", "--filter", `label=dev.pgtenants.stack=${at.name}`])).toBe(
    "",
  );
  expect(kept).toContain(at.container("globex"));
  await pgtOutput(at, "start");
  expect(await stateOf("globex")).toBe("running");
  expect(await url("globex")).toBe(rotated);
  expect((await query("globex", "SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
});

test("--no-deploy edits the file and nothing else", async () => {
  const before = tenantsFile();
  await pgtOutput(at, "stop", "globex", "--no-deploy");
  expect(tenantsFile()).toContain("state: stopped");
  expect(await stateOf("globex")).toBe("running, to be stopped");
  writeFileSync(join(at.folder, "tenants.yaml"), before);
});

test("the command at the top of the checkout takes an environment that was entered as it is", async () => {
  writeFileSync(join(at.folder, "env.sh"), "export PULUMI_BACKEND_URL=file:///nowhere\n");
  const wrapper = new URL("../../pgt", import.meta.url).pathname;
  const { stdout } = await run(wrapper, ["list", "--ids"], "", pgtEnvironment(at));
  expect(stdout.split("\n")).toContain("globex");
});
