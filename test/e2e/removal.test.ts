import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { identity } from "./support/engine.ts";
import { killUp, recover } from "./support/interrupt.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex"], { deletionProtection: "true" });
  await at.stack.up();
});
afterAll(async () => {
  await at?.stack.setConfig("deletionProtection", { value: "false" });
  at?.list("id: acme", "id: globex");
  await at?.stack.up();
  await at?.remove();
});

const containers = () =>
  outputOf("docker", ["ps", "--all", "--format={{.Names}}", "--filter", `label=dev.pgtenants.stack=${at.name}`]);

const volumes = () =>
  outputOf("docker", [
    ...["volume", "ls", "--quiet", "--filter", `label=dev.pgtenants.stack=${at.name}`],
    ...["--filter", "label=dev.pgtenants.tenant"],
  ]);

test("a tenant that is gone from the list is an error at preview and up, and goes on running", async () => {
  const before = await identity(at.container("globex"));
  at.list("id: acme");
  try {
    const message = /got a list without "globex", expected every tenant of this stack; put back "- id: globex"/;
    await expect(at.stack.preview()).rejects.toThrow(message);
    await expect(at.stack.up()).rejects.toThrow(message);
    expect(await identity(at.container("globex"))).toBe(before);
  } finally {
    at.list("id: acme", "id: globex");
  }
});

test("the refusal's words, followed, remove the tenant and keep its data; put back, it has all rows and its password", async () => {
  const before = stringsOf(await at.connectionStrings(), "globex").uri;
  await query("globex", "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n");
  at.list("id: acme");
  const refusal = await at.stack.up().then(String, String);
  const [, removed = "no words to write"] = /"- (\{ id: globex, state: removed, [^"]+\})"/.exec(refusal) ?? [];
  try {
    at.list("id: acme", removed);
    await at.stack.up();
    expect(await containers()).not.toContain(at.container("globex"));
    expect(await volumes()).toContain(at.container("globex"));
    expect(Object.keys(await at.connectionStrings())).toEqual(["acme"]);

    at.list("id: acme");
    await at.stack.up();
    expect(await volumes()).toContain(at.container("globex"));

    at.list("id: acme", "id: globex");
    await at.stack.up();
    expect(await query("globex", "SELECT count(*)::int AS rows FROM kept")).toEqual([{ rows: 1000 }]);
    await query("globex", "DROP TABLE kept");
    // The volume outlives the state's entry; the password does not, so the new one is set in the old cluster.
    expect(stringsOf(await at.connectionStrings(), "globex").uri).not.toBe(before);
  } finally {
    at.list("id: acme", "id: globex");
    await at.stack.up();
  }
});

test("the entry of a renamed tenant stays for as long as its data is kept, and brings it back", async () => {
  const today = new Date().toISOString().slice(0, 10);
  const entry = "id: globex-eu, renamedFrom: globex";
  try {
    await query("globex", "CREATE TABLE kept AS SELECT 42 AS answer");
    at.list("id: acme", `{ ${entry}, state: removed, confirm: globex-eu ${today} }`);
    await at.stack.up();
    at.list("id: acme");
    await expect(at.stack.up()).rejects.toThrow(
      `put back "- { ${entry}, state: removed, confirm: globex-eu ${today} }"`,
    );

    at.list("id: acme", `{ ${entry} }`);
    await at.stack.up();
    expect(await query("globex-eu", "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
    await query("globex-eu", "DROP TABLE kept");
  } finally {
    at.list("id: acme", "{ id: globex, renamedFrom: [globex, globex-eu] }");
    await at.stack.up();
    at.list("id: acme", "id: globex");
    await at.stack.up();
  }
});

test("a tenant that came with a deployment that did not end is guarded like any other", async () => {
  try {
    at.list("id: acme", "id: globex", "id: good");
    // Its server is in the state by then: the checkpoint is written before what depends on it begins.
    await killUp(at, "good-sql creating", 0);
    await recover(at);
    const good = await identity(at.container("good"));

    at.list("id: acme", "id: globex");
    await expect(at.stack.up()).rejects.toThrow('got a list without "good", expected every tenant of this stack');
    expect(await identity(at.container("good"))).toBe(good);
  } finally {
    at.list("id: acme", "id: globex", "id: good");
    await removeOnPurpose("id: acme", "id: globex");
  }
});

test("an empty or broken list removes nobody", async () => {
  const before = await identity(at.container("globex"));
  try {
    at.list();
    await expect(at.stack.up()).rejects.toThrow("expected a list of tenants");
    at.list("id: acme", "id: Globex");
    await expect(at.stack.up()).rejects.toThrow('tenants.yaml:3:9 tenants[1].id: got "Globex"');
    expect(await identity(at.container("globex"))).toBe(before);
  } finally {
    at.list("id: acme", "id: globex");
  }
});

test.each([
  [
    "postgresImage",
    "localhost/pgtenants/postgres:gone",
    "got no image localhost/pgtenants/postgres:gone, expected it there; build it with",
  ],
  [
    "traefikImage",
    "127.0.0.1:1/traefik:gone",
    "got no image 127.0.0.1:1/traefik:gone, expected it there, or in its registry; correct",
  ],
])("an image that cannot be had, %s %s, takes nobody down", async (setting, image, message) => {
  const names = [at.container("acme"), at.container("globex"), at.router];
  const before = await Promise.all(names.map(identity));
  await at.stack.setConfig(setting, { value: image });
  try {
    await expect(at.stack.up()).rejects.toThrow(message);
    expect(await Promise.all(names.map(identity))).toEqual(before);
  } finally {
    await at.stack.removeConfig(setting);
  }
});

test("destroy without the protected leaves data and password, and the next up brings both back", async () => {
  await query("acme", "CREATE TABLE kept AS SELECT 42 AS answer");
  const { uri } = stringsOf(await at.connectionStrings(), "acme");
  await at.stack.destroy({ excludeProtected: true });
  expect(await containers()).toBe("");
  expect((await volumes()).split("\n").sort()).toEqual([at.container("acme"), at.container("globex")]);

  await at.stack.up();
  expect(stringsOf(await at.connectionStrings(), "acme").uri).toBe(uri);
  expect(await query("acme", "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  await query("acme", "DROP TABLE kept");
});

test("with the protection taken off, in a deployment of its own, a tenant and its data can be removed", async () => {
  await removeOnPurpose("id: acme");
  expect(await volumes()).not.toContain(at.container("globex"));
  expect(Object.keys(await at.connectionStrings())).toEqual(["acme"]);
  at.list("id: acme", "id: globex");
  await at.stack.up();
});

/** As the README says it: the protection off in a deployment of its own, the shorter list, the protection on again. */
async function removeOnPurpose(...left: string[]): Promise<void> {
  await at.stack.setConfig("deletionProtection", { value: "false" });
  await at.stack.up();
  at.list(...left);
  await at.stack.up();
  await at.stack.setConfig("deletionProtection", { value: "true" });
  await at.stack.up();
}

/** One statement, by the tenant's own role over the public port. */
async function query(id: string, sql: string): Promise<unknown[]> {
  const client = await nodeClient(stringsOf(await at.connectionStrings(), id).nodePostgres);
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
