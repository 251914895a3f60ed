import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeClient } from "./support/clients.ts";
import { identity } from "./support/engine.ts";
import { pgt, pgtEnvironment, pgtEvents, pgtOutput, pgtUntil } from "./support/pgt.ts";
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
    const { code, stdout } = await pgt(
      at,
      ["create", "initech", "--memory", "128MB", "--max-connections", "20", "--password"],
      own,
    );
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/initech: creating container\n[\s\S]*initech: ready/),
    });
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

test("psql runs as the tenant, with its own exit code", async () => {
  expect(await pgtOutput(at, "psql", "acme", "--", "-Atc", "SELECT current_user")).toBe("acme\n");
  expect((await pgt(at, ["psql", "acme", "--", "-v", "ON_ERROR_STOP=1"], "SELECT nothing;")).code).toBe(3);
});

test("logs are the tenant's and the router's", async () => {
  const { stderr } = await pgt(at, ["logs", "acme"]);
  expect(stderr).toContain("database system is ready to accept connections");
  const router = await pgt(at, ["logs", "router", "--tail", "1"]);
  expect((router.stdout + router.stderr).trim().split("\n")).toHaveLength(1);
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

test("a rename asks, and keeps data and password", async () => {
  const before = tenantsFile();
  expect(await pgt(at, ["rename", "initech", "initrode"], "no\n")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('got "no"'),
  });
  expect(tenantsFile()).toBe(before);
  await query("initech", "CREATE TABLE kept AS SELECT 7 AS answer");
  expect((await pgt(at, ["rename", "initech", "initrode"], "initrode\n")).code).toBe(0);
  expect((await query("initrode", "SELECT answer FROM kept")).rows).toEqual([{ answer: 7 }]);
  expect(await pgt(at, ["stop", "initech"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("did you mean initrode?"),
  });
});

describe("status and doctor", () => {
  test("tell what is well by 0, and what is down by 2", async () => {
    const healthy = await pgt(at, ["status", "--json"]);
    expect({ ...JSON.parse(healthy.stdout), code: healthy.code }).toMatchObject({ code: 0, status: "healthy" });
    await outputOf("docker", ["stop", at.container("globex")]);
    try {
      expect((await pgt(at, ["status", "acme"])).code).toBe(0);
      expect(await pgt(at, ["status"])).toMatchObject({
        code: 2,
        stdout: expect.stringMatching(/^globex +error +NONE/m),
      });
      expect(await pgt(at, ["doctor"])).toMatchObject({
        stdout: expect.stringContaining("globex-server is in the state and does not run"),
      });
    } finally {
      await outputOf("docker", ["start", at.container("globex")]);
    }
  });

  test("every check of the doctor's says something", async () => {
    const { findings } = JSON.parse((await pgt(at, ["doctor", "--json"])).stdout);
    const of = (check: string) => findings.find((finding: { check: string }) => finding.check === check);
    for (const check of ["engine", "limits", "disk", "lock", "state", "port", "ALPN", "routes", "hardening"]) {
      expect(of(check)).toMatchObject({ level: "ok" });
    }
    expect(of("certificate").found).toContain(`*.${at.domain}, trusted`);
    expect(of("DNS").found).toContain("hostAddress");
  });
});

test("remove asks and keeps the data; purge asks again and deletes it", async () => {
  expect((await pgt(at, ["remove", "acme"])).code).toBe(1);
  expect(await stateOf("acme")).toBe("running");
  expect(await pgt(at, ["purge", "acme"], "acme\n")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("acme is running"),
  });

  expect((await pgt(at, ["remove", "acme"], "acme\n")).stdout).toContain("its data is kept");
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

  await pgtOutput(at, "start", "acme");
  expect((await query("acme", "SELECT answer FROM kept")).rows).toEqual([{ answer: 42 }]);

  await pgtOutput(at, "remove", "acme", "--yes");
  expect(await pgt(at, ["purge", "acme", "--yes"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("--yes --confirm acme"),
  });
  expect(await volumes()).toContain(at.container("acme"));
  await pgtOutput(at, "purge", "acme", "--yes", "--confirm", "acme");
  expect(await volumes()).not.toContain(at.container("acme"));
  expect(tenantsFile()).not.toContain("acme");
});

describe("what gets in the way", () => {
  test("a second pgt is told who is at work, and leaves the file alone", async () => {
    const first = await pgtUntil(at, ["rotate", "globex"], "globex: ");
    const second = await pgt(at, ["stop", "initrode"]);
    expect((await first.ended).code).toBe(0);
    expect(second).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`"pgt rotate globex" is at work on this file: process ${first.pid}`),
    });
    expect(tenantsFile()).not.toContain("stopped");
  });

  test("Ctrl-C ends it with 130 after the step under way, and start goes on", async () => {
    const command = await pgtUntil(at, ["create", "hooli"], "hooli: creating container");
    command.interrupt();
    expect(await command.ended).toMatchObject({ code: 130, output: expect.stringContaining("error: interrupted") });
    expect(tenantsFile()).toContain("id: hooli");
    await pgtOutput(at, "start");
    expect(await stateOf("hooli")).toBe("running");
  });

  test("a deployment that fails on its way ends with 2, and the edit stays", async () => {
    await at.stack.setConfig("traefikImage", { value: "localhost/pgtenants/none:1" });
    try {
      const failed = await pgt(at, ["stop", "hooli"]);
      expect(failed).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^error: [\s\S]*none:1[\s\S]*\n {2}fix: what was done before stays/),
      });
      expect(tenantsFile()).toContain("state: stopped");
    } finally {
      await at.stack.removeConfig("traefikImage");
      await pgtOutput(at, "start");
    }
  });
});

test("stop stops everything, and start brings everything back", async () => {
  expect((await pgt(at, ["stop"])).code).toBe(1);
  const kept = await volumes();
  await pgtOutput(at, "stop", "--yes");
  expect(await outputOf("docker", ["ps", "--all", "--quiet", "--filter", `label=dev.pgtenants.stack=${at.name}`])).toBe(
    "",
  );
  expect(kept).toContain(at.container("globex"));
  await pgtOutput(at, "start");
  expect(await stateOf("globex")).toBe("running");
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
