import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { identity } from "./support/engine.ts";
import { countChanges } from "./support/previews.ts";
import { restartEngine } from "./support/restartEngine.ts";
import { run } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

const ids = ["acme", "globex", "hooli"];
let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(ids);
  await at.stack.up();
});
afterAll(() => at?.remove());

const nodePostgresUri = async (id: string) => stringsOf(await at.connectionStrings(), id).nodePostgres;

async function identities(): Promise<Record<string, string>> {
  const names = [at.router, ...ids.map(at.container)];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await identity(name)])));
}

/** Each tenant's host leads to the server that has this tenant's data directory, whatever else may have moved. */
async function expectOwnServers(): Promise<void> {
  for (const id of ids) {
    const client = await nodeClient(await nodePostgresUri(id));
    try {
      const { rows } = await client.query(
        "SELECT current_setting('cluster_name') AS server, current_database() AS database",
      );
      expect(rows).toEqual([{ server: id, database: id }]);
    } finally {
      await client.end();
    }
  }
}

describe("right after up", () => {
  test("a preview finds nothing to change", async () => {
    expect(await countChanges(at)).toEqual({});
  });

  test("a preview that looks at the real containers finds nothing to change", async () => {
    expect(await countChanges(at, { refresh: true })).toEqual({});
  });

  test("the order of the list is no change", async () => {
    at.list("id: hooli", "id: acme", "id: globex");
    try {
      expect(await countChanges(at)).toEqual({});
    } finally {
      at.list(...ids.map((id) => `id: ${id}`));
    }
  });
});

test("a tenant comes and goes without the others noticing", async () => {
  const before = await identities();
  const held = await nodeClient(await nodePostgresUri("acme"));
  const load = startLoad(await nodePostgresUri("globex"));
  try {
    const backend = async () => (await held.query("SELECT pg_backend_pid() AS pid")).rows;
    const session = await backend();

    at.list(...ids.map((id) => `id: ${id}`), "id: initech");
    expect(await countChanges(at)).toEqual({ create: 7, update: 1 });
    await at.stack.up();
    const newcomer = await nodeClient(await nodePostgresUri("initech"));
    expect((await newcomer.query("SELECT current_user AS who")).rows).toEqual([{ who: "initech" }]);
    await newcomer.end();

    at.list(...ids.map((id) => `id: ${id}`));
    expect(await countChanges(at)).toEqual({ delete: 7, update: 1 });
    await at.stack.up();

    expect(await backend()).toEqual(session);
    expect(await identities()).toEqual(before);
    const { queries, connections, errors } = await load.stop();
    expect(errors).toEqual([]);
    expect(queries).toBeGreaterThan(50);
    expect(connections).toBeGreaterThan(5);
  } finally {
    await load.stop();
    await held.end();
    at.list(...ids.map((id) => `id: ${id}`));
    await at.stack.up();
  }
});

test("memory and CPU shares change in place; what the server reads at its start restarts that tenant alone", async () => {
  const before = await identities();
  const others = [at.router, at.container("globex"), at.container("hooli")];
  const kept = (now: Record<string, string>) => others.filter((name) => now[name] === before[name]);
  try {
    at.list("{ id: acme, memory: 384 MB, cpuShares: 512 }", "id: globex", "id: hooli");
    await at.stack.up();
    expect(await identities()).toEqual(before);

    at.list("{ id: acme, memory: 384 MB, cpuShares: 512, maxConnections: 41 }", "id: globex", "id: hooli");
    await at.stack.up();
    const after = await identities();
    expect(after[at.container("acme")]).not.toBe(before[at.container("acme")]);
    expect(kept(after)).toEqual(others);
    const client = await nodeClient(await nodePostgresUri("acme"));
    const { rows } = await client.query(
      "SELECT rolconnlimit AS connections FROM pg_roles WHERE rolname = current_user",
    );
    await client.end();
    expect(rows).toEqual([{ connections: 41 }]);
  } finally {
    at.list(...ids.map((id) => `id: ${id}`));
    await at.stack.up();
  }
});

test("another user is the same role under another name: sessions live on, and it owns what it owned", async () => {
  const held = await nodeClient(await nodePostgresUri("acme"));
  try {
    await held.query("CREATE TABLE owned AS SELECT 42 AS answer");
    const before = await identities();
    at.list("{ id: acme, user: app }", "id: globex", "id: hooli");
    await at.stack.up();
    expect(await identities()).toEqual(before);
    const client = await nodeClient(await nodePostgresUri("acme"));
    const { rows } = await client.query(
      "SELECT current_user AS who, tableowner AS owner FROM pg_tables WHERE tablename = 'owned'",
    );
    await client.query("DROP TABLE owned");
    await client.end();
    expect(rows).toEqual([{ who: "app", owner: "app" }]);
    expect((await held.query("SELECT session_user AS who")).rows).toEqual([{ who: "app" }]);
    // Each deployment's script reloads the configuration.
    const { stderr } = await run("docker", ["logs", at.container("acme")]);
    expect(stderr).toContain("received SIGHUP");
    expect(stderr).not.toContain("cannot be changed without restarting");
  } finally {
    await held.end();
    at.list(...ids.map((id) => `id: ${id}`));
    await at.stack.up();
  }
  const client = await nodeClient(await nodePostgresUri("acme"));
  expect((await client.query("SELECT current_user AS who")).rows).toEqual([{ who: "acme" }]);
  await client.end();
});

test("another database is the same one under another name, there and back", async () => {
  const before = await identities();
  const client = await nodeClient(await nodePostgresUri("acme"));
  await client.query("CREATE TABLE moved AS SELECT 42 AS answer");
  await client.end();
  const answer = async () => {
    const again = await nodeClient(await nodePostgresUri("acme"));
    const { rows } = await again.query("SELECT current_database() AS database, answer FROM moved");
    await again.end();
    return rows;
  };
  try {
    at.list("{ id: acme, database: app-db }", "id: globex", "id: hooli");
    await at.stack.up();
    expect(await answer()).toEqual([{ database: "app-db", answer: 42 }]);
  } finally {
    at.list(...ids.map((id) => `id: ${id}`));
    await at.stack.up();
  }
  expect(await answer()).toEqual([{ database: "acme", answer: 42 }]);
  expect(await identities()).toEqual(before);
});

test("data outlives its container", async () => {
  const insert = await nodeClient(await nodePostgresUri("hooli"));
  await insert.query("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n");
  await insert.end();
  const before = await identity(at.container("hooli"));
  try {
    at.list("id: acme", "id: globex", "{ id: hooli, sharedBuffers: 24 MB }");
    await at.stack.up();
    expect(await identity(at.container("hooli"))).not.toBe(before);
    const client = await nodeClient(await nodePostgresUri("hooli"));
    expect((await client.query("SELECT count(*)::int AS rows FROM kept")).rows).toEqual([{ rows: 1000 }]);
    await client.query("DROP TABLE kept");
    await client.end();
  } finally {
    at.list(...ids.map((id) => `id: ${id}`));
    await at.stack.up();
  }
});

test("after the engine is restarted every host still leads to its own tenant", async () => {
  await restartEngine([at.router, ...ids.map(at.container)]);
  await expectOwnServers();
  expect(await countChanges(at, { refresh: true })).toEqual({});
});

interface Load {
  readonly stop: () => Promise<{ queries: number; connections: number; errors: string[] }>;
}

/** Queries over one session, and new sessions beside it, ten of each a second at most, for two minutes at most. */
function startLoad(uri: string): Load {
  let running = true;
  const done = { queries: 0, connections: 0, errors: [] as string[] };
  const deadline = Date.now() + 120_000;
  const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
  const repeat = async (act: () => Promise<void>) => {
    while (running && Date.now() < deadline) {
      await act().catch((error: unknown) => done.errors.push(String(error)));
      await pause();
    }
  };
  const connecting = repeat(async () => {
    const client = await nodeClient(uri);
    await client.query("SELECT 1");
    await client.end();
    done.connections += 1;
  });
  const querying = nodeClient(uri).then(async (client) => {
    client.on("error", (error) => done.errors.push(String(error)));
    await repeat(async () => {
      await client.query("SELECT count(*) FROM pg_class");
      done.queries += 1;
    });
    await client.end();
  });
  return {
    stop: async () => {
      running = false;
      await Promise.all([connecting, querying]);
      return done;
    },
  };
}
