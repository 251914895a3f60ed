import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { opaqueName } from "../../../tenants/names.ts";
import { nodeClient } from "../support/clients.ts";
import { identity } from "../support/engine.ts";
import { ask, instance, listShared, onInstance } from "../support/sharedStack.ts";
import { makeTestStack, type TestStack } from "../support/testStack.ts";

/** One tenant's life, beside a neighbour whose session goes on through all of it. */

let at: TestStack;
let neighbour: pg.Client;
let backend: number;
let running: string[];

const neighbours = [onInstance("neighbour"), onInstance("small", "schema")];

beforeAll(async () => {
  at = await makeTestStack([], { deletionProtection: "true" }, "sl");
  listShared(at, ...neighbours);
  await at.stack.up();
  neighbour = await nodeClient(await uriOf("neighbour"));
  await neighbour.query("CREATE TABLE kept (id int)");
  backend = await backendOf();
  running = await starts();
});
afterAll(async () => {
  try {
    await neighbour?.end();
  } finally {
    await at?.stack.setConfig("deletionProtection", { value: "false" });
    if (at !== undefined) listShared(at, ...neighbours);
    await at?.stack.up();
    await at?.remove();
  }
});

const uriOf = async (id: string): Promise<string> => (await at.connectionStrings())[id]?.uri ?? "";

async function backendOf(): Promise<number> {
  const { rows } = await neighbour.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  return rows[0]?.pid ?? 0;
}

const starts = () => Promise.all([at.container(instance), `${at.container(instance)}_pooler`, at.router].map(identity));

/** Deploys with these tenants beside the neighbours, whose session must go on, and no container must start again. */
async function deployed(...entries: readonly string[]): Promise<void> {
  listShared(at, ...neighbours, ...entries);
  await at.stack.up();
  expect(await backendOf()).toBe(backend);
  expect(await starts()).toEqual(running);
}

describe.each(["database", "schema"] as const)("isolation: %s", (isolation) => {
  const id = `hooli-${isolation}`;
  const entry = (more = "") => onInstance(id, isolation, more);
  let uri: string;

  test("a new one answers, and a second deployment finds nothing to do", async () => {
    await deployed(entry());
    uri = await uriOf(id);
    await ask(uri, "CREATE TABLE things (id int)");
    await ask(uri, "INSERT INTO things VALUES (1)");
    const { changeSummary } = await at.stack.preview();
    expect(Object.keys(changeSummary)).toEqual(["same"]);
  });

  test("another password: sessions live on, new ones need it, nobody else's changes", async () => {
    const session = await nodeClient(uri);
    // Before its first question the pool has no server connection for it, and would log in then, with the password of before.
    await session.query("SELECT 1");
    const others = await uriOf("neighbour");
    try {
      await deployed(entry("passwordVersion: 2"));
      await session.query("SELECT 1");
    } finally {
      await session.end();
    }
    await expect(ask(uri, "SELECT 1")).rejects.toThrow(/authentication failed/);
    uri = await uriOf(id);
    expect(await ask(uri, "SELECT * FROM things")).toEqual([{ id: 1 }]);
    expect(await uriOf("neighbour")).toBe(others);
  });

  test("closed to clients: its session ends, nobody gets in, and it is open again", async () => {
    const session = await nodeClient(uri);
    await session.query("SELECT 1");
    // More than one error comes: what the server said, and that the connection is gone.
    const ended = new Promise((resolve) => session.on("error", resolve));
    await deployed(entry("passwordVersion: 2, access: { enabled: false }"));
    await ended;
    await expect(ask(uri, "SELECT 1")).rejects.toThrow();
    await deployed(entry("passwordVersion: 2"));
    expect(await ask(uri, "SELECT * FROM things")).toEqual([{ id: 1 }]);
  });

  test("renamed: another host, and data, name and password as before", async () => {
    const renamed = onInstance(`${id}-eu`, isolation, `renamedFrom: ${id}, passwordVersion: 2`);
    await deployed(renamed);
    const moved = await uriOf(`${id}-eu`);
    expect(new URL(moved).password).toBe(new URL(uri).password);
    expect(await ask(moved, "SELECT * FROM things")).toEqual([{ id: 1 }]);
    await deployed(onInstance(id, isolation, `renamedFrom: [${id}, ${id}-eu], passwordVersion: 2`));
  });

  test("gone from the file: refused, and nothing is changed", async () => {
    listShared(at, ...neighbours);
    await expect(at.stack.up()).rejects.toThrow(new RegExp(`got a list without "${id}"`));
    expect(await ask(uri, "SELECT * FROM things")).toEqual([{ id: 1 }]);
  });

  test("with a server of its own of a sudden: refused, since the data would stay behind", async () => {
    listShared(at, ...neighbours, `id: ${id}`);
    await expect(at.stack.up()).rejects.toThrow(/expected isolation: (database|schema) on shared-1, where its data is/);
  });

  test("removed: nobody gets in, its data stays, and it comes back with it", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const removed = entry(`passwordVersion: 2, state: removed, confirm: ${id} ${today}`);
    await deployed(removed);
    await expect(ask(uri, "SELECT 1")).rejects.toThrow();
    expect(Object.keys(await at.connectionStrings())).not.toContain(id);
    await deployed();
    await deployed(entry("passwordVersion: 2"));
    expect(await ask(uri, "SELECT * FROM things")).toEqual([{ id: 1 }]);
    await deployed(removed);
    await deployed();
  });
});

test("a name on the instance that is kept for another is refused, and the message says whose it is", async () => {
  listShared(at, ...neighbours, onInstance("thief", "database", `user: ${opaqueName("hooli-database")}`));
  await expect(at.stack.up()).rejects.toThrow(/kept of hooli-database\); give the tenant another user, or purge/);
  expect(await backendOf()).toBe(backend);
  listShared(at, ...neighbours);
});
