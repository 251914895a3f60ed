// examples/many-tenants as its README says: one service, three tenants, and what comes in its way.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringsOf } from "./support/clients.ts";
import { inspect } from "./support/engine.ts";
import { type Answer, type ExampleService, notes, seal, startService, stress } from "./support/exampleService.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

const ids = ["acme", "globex", "hooli"];
const idleSeconds = 2;
const passwords: string[] = [];
let at: TestStack;
let service: ExampleService;

beforeAll(async () => {
  at = await makeTestStack(ids, {}, "ex");
  await at.stack.up();
  await sealNow();
  service = await startService(at, "--idle-seconds", String(idleSeconds));
});
afterAll(async () => {
  service?.signal("SIGKILL");
  await at?.remove();
});

async function sealNow(): Promise<void> {
  const strings = await at.connectionStrings();
  passwords.push(...ids.map((id) => new URL(stringsOf(strings, id).uri).password));
  await seal(at);
}

const sql = (id: string, statement: string) =>
  outputOf("docker", [
    "exec",
    at.container(id),
    "psql",
    "--quiet",
    "--tuples-only",
    "--no-align",
    "--command",
    statement,
  ]);
const sessions = async (id: string) =>
  Number(await sql(id, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'many-tenants'"));
const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status);
const burst = (id: string) => Promise.all(Array.from({ length: 20 }, () => notes(service, id)));

test("each tenant is answered from its own database; nobody else's is there", async () => {
  expect(await notes(service, "acme", "a secret of acme")).toEqual({
    status: 201,
    body: '{"id":"1","text":"a secret of acme"}\n',
  });
  expect(await notes(service, "acme")).toEqual({ status: 200, body: '[{"id":"1","text":"a secret of acme"}]\n' });
  expect(await notes(service, "globex")).toEqual({ status: 200, body: "[]\n" });
  const unknown = { error: "tenant initech: there is no such tenant", kind: "unknown" };
  expect(await notes(service, "initech")).toEqual({ status: 404, body: `${JSON.stringify(unknown)}\n` });
  expect((await fetch(`${service.url}/notes`)).status).toBe(400);
});

test("what nobody uses is closed, as the server sees it, and made again", async () => {
  await burst("acme");
  expect(await sessions("acme")).toBeGreaterThan(1);
  await sleep((idleSeconds + 1) * 1000);
  expect(await sessions("acme")).toBe(0);
  expect(await (await fetch(`${service.url}/health`)).json()).toEqual({
    tenants: 3,
    pools: 0,
    connections: 0,
    waiting: 0,
  });
  expect((await notes(service, "acme")).status).toBe(200);
});

test("a password is rotated while requests go on: none fails, and the new one is found without a signal", async () => {
  let goesOn = true;
  const unexpected: Answer[] = [];
  let answered = 0;
  const loop = async (id: string) => {
    while (goesOn) {
      const answer = await notes(service, id);
      answered += 1;
      if (answer.status !== 200) unexpected.push(answer);
    }
  };
  const loops = ids.map(loop);
  try {
    at.list("{ id: acme, passwordVersion: 2 }", "id: globex", "id: hooli");
    await at.stack.up();
    await sealNow();
    expect(new Set(statuses(await burst("acme")))).toEqual(new Set([200]));
  } finally {
    goesOn = false;
    await Promise.all(loops);
  }
  expect({ unexpected, enough: answered > 100 }).toEqual({ unexpected: [], enough: true });
  service.signal("SIGHUP");
  await service.says("again: 0 logins changed");
});

test("a password that is in no file yet is a clear 503 for who needs a new connection, and nothing is to mend afterwards", async () => {
  const verifier = await sql("acme", "SELECT rolpassword FROM pg_authid WHERE rolname = 'acme'");
  await notes(service, "acme");
  try {
    await sql("acme", "ALTER ROLE acme PASSWORD 'changed by hand'");
    expect((await notes(service, "acme")).status).toBe(200);
    await sql("acme", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'acme'");
    await expect.poll(() => notes(service, "acme")).toMatchObject({ body: expect.stringContaining('"kind":"login"') });
    expect(new Set(statuses(await burst("acme")))).toEqual(new Set([503]));
  } finally {
    await sql("acme", `ALTER ROLE acme PASSWORD '${verifier}'`);
  }
  expect(new Set(statuses(await burst("acme")))).toEqual(new Set([200]));
});

test("a stopped tenant is a clear 503 within seconds, the others go on, and it is back without a restart", async () => {
  at.list("{ id: acme, passwordVersion: 2 }", "id: globex", "{ id: hooli, state: stopped }");
  await at.stack.up();
  const begun = performance.now();
  const answers = await Promise.all([notes(service, "hooli"), ...["acme", "globex"].map((id) => notes(service, id))]);
  expect(statuses(answers)).toEqual([503, 200, 200]);
  expect(answers[0]?.body).toContain("tenant hooli: its database takes no connection now");
  expect(performance.now() - begun).toBeLessThan(6000);
  at.list("{ id: acme, passwordVersion: 2 }", "id: globex", "id: hooli");
  await at.stack.up();
  expect((await notes(service, "hooli")).status).toBe(200);
});

test("the published stress: 5,000 requests of 250 clients on 1 cpu and 512 MB, no error", async () => {
  const memory = () => Promise.all(ids.map((id) => inspect(at.container(id), "{{.HostConfig.Memory}}")));
  const before = await memory();
  const table = await stress(at, service);
  console.log(table);
  expect(table).toMatch(/\| this service, HTTP, 3 tenants \| 250 \| 5000 \|( [\d.]+ \|){4} 0 \| [\d.]+ \|/);
  expect(await memory()).toEqual(before);
});

test("no password is in its log, its arguments or its environment", () => {
  const process = ["cmdline", "environ"].map((file) => readFileSync(`/proc/${service.pid}/${file}`, "utf8"));
  const text = [service.log(), ...process].join("\n");
  expect(passwords).toHaveLength(6);
  expect(passwords.filter((password) => password.length < 16 || text.includes(password))).toEqual([]);
});

test("told to stop, it answers what it has begun, takes nothing new, and leaves no session", async () => {
  const locked = outputOf("docker", [
    ...["exec", at.container("acme"), "psql", "--quiet", "--dbname=acme"],
    "--command=BEGIN; LOCK TABLE notes; SELECT pg_sleep(2); COMMIT",
  ]);
  await sleep(500);
  const begun = burst("acme");
  await sleep(300);
  const told = performance.now();
  service.signal("SIGTERM");
  await service.says("SIGTERM: stopping");
  await expect(notes(service, "globex")).rejects.toThrow("fetch failed");
  expect(new Set(statuses(await begun))).toEqual(new Set([200]));
  expect(await service.ended).toBe(0);
  // As soon as the last request is answered: clients that keep their connections are not waited for.
  expect(performance.now() - told).toBeLessThan(4000);
  await locked;
  expect(await sessions("acme")).toBe(0);
});
