import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { poolerImageTag } from "../../components/images.ts";
import { type Pool, renderPgbouncerIni } from "../../components/pgbouncerIni.ts";
import { scramVerifier } from "../../components/scramVerifier.ts";
import { statements } from "../../components/statements.ts";
import { noLimits, renderTenantSpec } from "../../components/tenantSpec.ts";
import { applySql, asSuperuser, exec, makeImageBench, script, until } from "./support/imageContainer.ts";
import { outputOf, run } from "./support/shell.ts";

const bench = makeImageBench();
const password = "nobodys";
let server: string;
let pooler: string;
let shared: string;

const pool: Pool = {
  ...{ port: 5432, database: undefined, mode: "transaction", size: 4, reserve: 0, reserveSeconds: 3, maxClients: 50 },
  ...{ queryWaitSeconds: 5, serverIdleSeconds: 60, preparedStatements: 10, sessions: "a" },
};

const spec = (pooled: boolean) =>
  renderTenantSpec({
    ...{ owner: "acme", verifier: scramVerifier("acme.example.com", password), database: "acme", connectionLimit: 20 },
    ...{ access: { login: true, allow: [] }, settings: {}, limits: noLimits, ...(pooled ? { pooler: true } : {}) },
  }) + statements();
const sql = (pooled: boolean) => applySql(server, { readySeconds: 60, diskMiB: 1024 }, spec(pooled));

beforeAll(async () => {
  [shared, pooler, server] = [await bench.volume(), "", ""];
  server = await bench.start(await bench.volume(), {}, [
    "--mount",
    `type=volume,source=${shared},target=/var/lib/pooler`,
  ]);
  pooler = await bench.startPooler(shared);
  expect(await sql(true)).toMatchObject({ code: 0, stderr: "" });
});
afterAll(() => bench.remove());

type Pools = Readonly<Record<string, Partial<Pool>>>;

const lines = (pools: Pools) =>
  Object.entries(pools).map(
    ([name, own]) => `${name} ${Buffer.from(renderPgbouncerIni({ ...pool, ...own })).toString("base64")}\n`,
  );
const apply = (pools: Pools) => script(pooler, "apply-pools.sh", ["10"], `${lines(pools).join("")}end\n`);
const applied = async (pools: Pools) => expect(await apply(pools)).toMatchObject({ code: 0 });

/** The processes of the pools, by name. */
async function running(): Promise<Readonly<Record<string, string>>> {
  const list =
    'cd /proc; for p in [0-9]*; do if [ "$(cat "$p/comm" 2>/dev/null)" = pgbouncer ]; then echo "$(readlink "$p/cwd") $p"; fi; done';
  const found = await outputOf("docker", ["exec", pooler, "sh", "-c", list]);
  const rows = found.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" ")]));
  return Object.fromEntries(rows.map(([folder = "", pid = ""]) => [folder.replace(/.*\//, ""), pid]));
}

/** What a login by a pool gives. */
const login = (port = 5432, database = "acme", user = "acme", secret = password) =>
  exec(pooler, [
    "env",
    `PGPASSWORD=${secret}`,
    "psql",
    "--no-psqlrc",
    "-Atc",
    "SELECT current_user || '@' || current_database()",
    `host=127.0.0.1 port=${port} user=${user} dbname=${database}`,
  ]);

describe("the pools of a container", () => {
  test("are what was applied: each of them answers, and one with a database gives everybody that one", async () => {
    await applied({ asked: {}, "forced-1": { port: 6001, database: "acme", mode: "session" } });
    expect(await login()).toMatchObject({ code: 0, stdout: "acme@acme\n" });
    expect((await login(5432, "postgres")).stderr).toContain('permission denied for database "postgres"');
    for (const database of ["acme", "postgres", "whatever"])
      expect(await login(6001, database)).toMatchObject({ stdout: "acme@acme\n" });
  });

  test("stay as they are where they are the same, and live on where another value needs no start", async () => {
    const before = await running();
    await applied({ asked: { size: 7 }, "forced-1": { port: 6001, database: "acme", mode: "session" } });
    expect(await running()).toEqual(before);
    const shown = await outputOf("docker", ["exec", pooler, "psql", "--port=5432", "-Atc", "SHOW CONFIG"]);
    expect(shown).toMatch(/^default_pool_size\|7\|/m);
  });

  test("start anew for another port or other sessions, alone, and go where they are left out", async () => {
    const before = await running();
    await applied({
      asked: { size: 7, sessions: "b" },
      "forced-1": { port: 6002, database: "acme", mode: "session" },
      third: { port: 6003 },
    });
    const after = await running();
    expect(Object.keys(after).sort()).toEqual(["asked", "forced-1", "third"]);
    expect(after["asked"]).not.toBe(before["asked"]);
    expect((await login(6001)).stderr).toContain("Connection refused");
    expect(await login(6002)).toMatchObject({ code: 0 });
    await applied({ third: { port: 6003 } });
    expect(await running()).toEqual({ third: after["third"] });
  });

  test("stay as they are where what was sent is not whole, or no pool's name", async () => {
    const before = await running();
    const cut = await script(pooler, "apply-pools.sh", ["10"], lines({ third: { port: 6003 }, more: {} }).join(""));
    expect(cut).toMatchObject({ code: 65, stderr: expect.stringContaining("ended before its last line") });
    expect(await script(pooler, "apply-pools.sh", ["10"], "../x eA==\nend\n")).toMatchObject({ code: 64 });
    expect(await running()).toEqual(before);
  });

  test("are right after whatever a kill in the middle left", async () => {
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`p${at}`, { port: 6100 + at }]));
    for (const milliseconds of [20, 60, 120, 250]) {
      const killed = exec(
        pooler,
        ["timeout", "--signal=KILL", String(milliseconds / 1000), "/usr/local/lib/pgtenants/apply-pools.sh", "10"],
        `${lines(many).join("")}end\n`,
      );
      await killed;
      await applied({ third: { port: 6003 }, p1: { port: 6101, size: 2 } });
      expect(Object.keys(await running()).sort()).toEqual(["p1", "third"]);
      expect(await login(6101)).toMatchObject({ code: 0 });
    }
  });

  test("come back by themselves: one that crashed, and all with the container", async () => {
    const { p1 } = await running();
    await exec(pooler, ["kill", "-9", p1 ?? ""]);
    await until(async () => (await login(6101)).code === 0, "the pool is back");
    await outputOf("docker", ["restart", pooler]);
    await until(async () => (await login(6101)).code === 0, "the pools are back");
    expect(Object.keys(await running()).sort()).toEqual(["p1", "third"]);
  });
});

describe("a server with a pool", () => {
  test("is reached again after a kill, although its socket and lock were left", async () => {
    await outputOf("docker", ["kill", server]);
    await outputOf("docker", ["start", server]);
    await until(async () => (await login(6101)).code === 0, "the server is back");
  });

  test("tells the pool's clients itself why nobody may log in, where the disk guard says so", async () => {
    const lock = "printf '%s\\n' 'host all all all reject' 'local all all reject' >/run/postgresql/reject.conf";
    // The server's own disk guard opens it again at its next look: there is room.
    const isTold = async () => {
      await exec(server, ["sh", "-c", lock]);
      await asSuperuser(server, "SELECT pg_reload_conf()");
      await asSuperuser(server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid <> 10");
      await sleep(300);
      return (await login(6101)).stderr.includes("pg_hba.conf rejects connection");
    };
    await until(isTold, "the server's own words arrive");
    await exec(server, ["sh", "-c", ": >/run/postgresql/reject.conf"]);
    await asSuperuser(server, "SELECT pg_reload_conf()");
    await until(async () => (await login(6101)).code === 0, "logins are back");
  });

  test("gives the pool's role to nobody else, and takes it back where there is no pool any more", async () => {
    const local = await exec(server, ["psql", "--username=pgtenants_pooler", "--command=SELECT 1"]);
    expect(local.stderr).toContain("Peer authentication failed");
    expect(await sql(false)).toMatchObject({ code: 0, stderr: "" });
    const left = "SELECT count(*) FROM pg_roles WHERE rolname = 'pgtenants_pooler'";
    expect(
      await asSuperuser(server, `${left} UNION ALL SELECT count(*) FROM pg_proc WHERE proname = 'pooler_credentials'`),
    ).toBe("0\n0");
    expect(await sql(false)).toMatchObject({ code: 0, stderr: "" });
    expect(await sql(true)).toMatchObject({ code: 0, stderr: "" });
  });
});

test("without a volume nothing starts, and says why", async () => {
  const options = ["--rm", "--network", "none", "--tmpfs=/run/pooler:uid=998", poolerImageTag()];
  const { code, stderr } = await run("docker", ["run", ...options]);
  expect(code).toBe(78);
  expect(stderr).toContain("no volume is mounted at /var/lib/pooler");
});
