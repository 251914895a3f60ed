// What is changed by hand behind the program's back, each in the way that an operator would: found, nothing else is, and put right by what is told.
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { alignColumns } from "../../cli/table.ts";
import { removeProtected } from "../faults/support/removeProtected.ts";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { inspect } from "./support/engine.ts";
import { kindsIn, lookForDrift, typeFixes } from "./support/handMade.ts";
import { pgt, pgtOutput } from "./support/pgt.ts";
import { outputOf, run } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

const ids = ["acme", "globex", "hooli", "initech", "umbrella", "wonka", "stark", "weyland"];
/** One has a past, one a certificate in its own volume, and one is closed. */
const entries = ids.map((id) => {
  if (id === "weyland") return "{ id: weyland, renamedFrom: tyrell }";
  if (id === "globex") return "{ id: globex, readOnly: true }";
  return id === "wonka" ? "{ id: wonka, tls: passthrough }" : `id: ${id}`;
});
const seen: (readonly [string, string, string])[] = [];
let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(ids.map((id) => (id === "weyland" ? "tyrell" : id)));
  await pgtOutput(at, "start");
  await pgtOutput(at, "rename", "tyrell", "weyland", "--yes");
  at.list(...entries);
  await pgtOutput(at, "start");
});
afterAll(async () => {
  console.log(alignColumns([["TENANT", "KIND", "PUT RIGHT BY"], ...seen]).join("\n"));
  // Some were made by hand, without the labels that they would be found by.
  for (const id of ids) await run("docker", ["rm", "--force", server(id)]);
  await removeStrangers();
  await at?.remove();
});

const stranger = () => `${at.name}-stranger`;
const docker = (...args: readonly string[]) => outputOf("docker", args);
const server = (id: string) => at.container(id);
const sql = (id: string, statement: string, database = "postgres") =>
  docker("exec", server(id), "psql", "--quiet", `--dbname=${database}`, `--command=${statement}`);
/** In a database that is read-only. */
const writing = "SET transaction_read_only = off;";
const shell = (id: string, command: string) => docker("exec", server(id), "sh", "-c", command);
const routesFile = "/var/lib/traefik/routes/dynamic.yml";
const labels = () => ["project=pgtenants", `stack=${at.name}`].map((label) => `--label=dev.pgtenants.${label}`);

/** In the router's volume, as the user who may write there. */
const routerShell = (command: string, input = "") =>
  outputOf("docker", ["exec", "--interactive", "--user=65531:65532", at.router, "sh", "-c", command], input);

async function removeStrangers(): Promise<void> {
  for (const kind of ["container", "network", "volume"]) await run("docker", [kind, "rm", "--force", stranger()]);
}

async function expectClean(): Promise<void> {
  const { code, findings, unknown, deploymentDue } = await lookForDrift(at);
  expect({ code, findings, unknown, deploymentDue }).toEqual({ code: 0, findings: [], unknown: [], deploymentDue: [] });
}

/** What somebody does by hand, and what is to be found of it: subject and kind. */
type Made = readonly [string, () => Promise<unknown>];

const identityFormat = "--format={{.Id}} {{.State.StartedAt}}";

/** Every container of the stack, each with the time of its last start. */
async function starts(): Promise<string[]> {
  const listed = await docker(
    "ps",
    "--all",
    "--quiet",
    ...labels().map((label) => label.replace("--label=", "--filter=label=")),
  );
  return (await docker("inspect", identityFormat, ...listed.split("\n"))).split("\n").sort();
}

/** Down before, so that to be started is what puts them right. */
const down: readonly string[] = ["container-missing", "container-stopped"];

/** Of something that one change brings with it. */
const aswell = async () => undefined;

/**
 * Makes drift of many kinds, finds just that, sees that a plain `pulumi up` notices none of it, and that what is told puts all of it right.
 * @param patient what comes right by itself, and when.
 */
async function findAndMend(made: readonly Made[], patient: () => Promise<unknown> = aswell): Promise<void> {
  for (const [, change] of made) await change();
  const expected = made.map(([finding]) => finding).sort();
  const look = await lookForDrift(at);
  expect({ code: look.code, unknown: look.unknown, kinds: kindsIn(look) }).toEqual({
    code: 1,
    unknown: [],
    kinds: expected,
  });
  await at.stack.up();
  expect(kindsIn(await lookForDrift(at))).toEqual(expected);
  const before = await starts();
  await typeFixes(at, look);
  await patient();
  await expectClean();
  for (const id of ids) {
    const own = look.findings.filter(({ subject }) => subject === id);
    const stays = own.length > 0 && own.every(({ kind, restarts }) => restarts === "nothing" && !down.includes(kind));
    const { code, stdout } = await run("docker", ["inspect", identityFormat, server(id)]);
    // A stopped tenant has none.
    if (stays && code === 0) expect(before).toContain(stdout.trim());
  }
  for (const { subject, kind, fix } of look.findings) seen.push([subject, kind, fix]);
}

test("nothing is found after a deployment, nor of what tenants may do by themselves", async () => {
  await expectClean();
  const client = await nodeClient(stringsOf(await at.connectionStrings(), "acme").nodePostgres);
  try {
    await client.query("CREATE EXTENSION pg_trgm; CREATE SCHEMA shop; CREATE TABLE shop.orders (id int)");
    await client.query("ALTER ROLE acme SET work_mem = '8MB'; SELECT show_limit()");
    await client.query("ALTER ROLE acme IN DATABASE acme SET pg_trgm.similarity_threshold = 0.4");
    // None of these may stop whoever looks, nor answer for the catalogues.
    await client.query("ALTER DATABASE acme SET statement_timeout = '1ms'; ALTER DATABASE acme SET search_path = shop");
    await client.query(
      "ALTER DATABASE acme SET role = acme; CREATE VIEW shop.pg_extension AS SELECT 'evil'::name AS extname",
    );
  } finally {
    await client.end();
  }
  await expectClean();
});

test("nothing is found after the program's own changes, and a deployment that is due is told and no drift", async () => {
  await pgtOutput(at, "stop", "hooli");
  await expectClean();
  at.list(
    "{ id: acme, passwordVersion: 2 }",
    "{ id: globex, access: { enabled: false } }",
    "{ id: hooli, memory: 300 MB }",
    "{ id: initech, access: { allow: [127.0.0.0/8, 192.0.2.0/24] }, backup: { enabled: false } }",
    "{ id: umbrella, database: shop, user: keeper, statementTimeout: 30 s }",
    "id: wonka",
    ...entries.slice(-2),
  );
  const due = await lookForDrift(at);
  const changed = ["acme", "globex", "hooli", "initech", "umbrella", "wonka"];
  expect(due).toMatchObject({ code: 0, findings: [], deploymentDue: changed });
  await pgtOutput(at, "start");
  await expectClean();
  at.list(...entries);
  await pgtOutput(at, "start");
  await expectClean();
});

test("limits, networks and the router's files", async () => {
  const image = await inspect(server("acme"), "{{.Config.Image}}");
  const update = (id: string, ...limits: readonly string[]) => docker("update", ...limits, server(id));
  const editRoutes = async () => {
    const text = await routerShell(`cat ${routesFile}`);
    const { tcp, tls } = parse(text);
    tcp.services.acme.loadBalancer.servers = [{ address: "192.0.2.9:5432" }];
    tls.options.postgresql.minVersion = "VersionTLS10";
    tcp.routers.evil = tcp.routers.globex;
    delete tcp.routers.globex;
    await routerShell(`cat >${routesFile}`, stringify({ tcp, tls }));
  };
  await findAndMend([
    ["acme memory", () => update("acme", "--memory=200m")],
    ["globex swap", () => update("globex", "--memory-swap=1g")],
    ["hooli cpu-shares", () => update("hooli", "--cpu-shares=2")],
    ["initech processes", () => update("initech", "--pids-limit=1000")],
    ["router processes", () => docker("update", "--pids-limit=600", at.router)],
    ["umbrella restart-policy", () => update("umbrella", "--restart=no")],
    ["wonka other-limit", () => update("wonka", "--cpus=0.5")],
    [
      "stark further-network",
      async () => {
        await docker("network", "create", "--internal", stranger());
        await docker("network", "connect", stranger(), server("stark"));
      },
    ],
    ["weyland network-left", () => docker("network", "disconnect", at.router, server("weyland"))],
    [
      "network network-guest",
      () =>
        docker("run", "--detach", `--name=${stranger()}`, `--network=${at.router}`, "--entrypoint=sleep", image, "600"),
    ],
    ["acme route-changed", editRoutes],
    ["globex route-missing", aswell],
    ["router route-foreign", aswell],
    ["router routes-file", aswell],
    ["router routes-owner", () => routerShell(`chmod 666 ${routesFile}`)],
    ["router routes-further", () => routerShell("echo 'tcp: {}' >/var/lib/traefik/routes/more.yml")],
    [
      "router router-certificate",
      () => routerShell("for file in /var/lib/traefik/certificates/*.pem; do echo >>$file; done"),
    ],
  ]);
  await removeStrangers();
});

test("roles, databases, settings and files of the tenants' servers", async () => {
  const guard = "$(grep -l 'pgtenants/guard[.]sh' /proc/[0-9]*/cmdline | cut -d/ -f3)";
  const rules = "/run/postgresql/reject.conf";
  await findAndMend(
    [
      ["acme role-attributes", () => sql("acme", "ALTER ROLE acme CREATEDB BYPASSRLS")],
      ["acme setting", () => sql("acme", "ALTER SYSTEM SET work_mem = '1GB'")],
      ["globex role-login", () => sql("globex", "ALTER ROLE globex NOLOGIN")],
      ["globex public-grant", () => sql("globex", "GRANT CONNECT ON DATABASE postgres TO PUBLIC")],
      ["globex setting", () => sql("globex", "ALTER SYSTEM SET archive_command = '/bin/true'")],
      ["hooli role-connections", () => sql("hooli", "ALTER ROLE hooli CONNECTION LIMIT 5")],
      ["hooli database-connections", () => sql("hooli", "ALTER DATABASE hooli CONNECTION LIMIT 5")],
      ["hooli database-closed", () => sql("hooli", "ALTER DATABASE hooli ALLOW_CONNECTIONS false")],
      ["initech password", () => sql("initech", "ALTER ROLE initech PASSWORD 'another'")],
      ["initech database-missing", () => sql("initech", "ALTER DATABASE initech RENAME TO moved")],
      ["initech login-role", () => sql("initech", "CREATE ROLE intruder LOGIN")],
      ["umbrella membership", () => sql("umbrella", "GRANT pg_read_server_files TO umbrella")],
      ["umbrella predefined-role", () => sql("umbrella", "GRANT pg_monitor TO umbrella")],
      ["umbrella parameter-grant", () => sql("umbrella", "GRANT SET ON PARAMETER log_statement TO umbrella")],
      ["wonka database-owner", () => sql("wonka", "ALTER DATABASE wonka OWNER TO pgtenants")],
      ["wonka extension", () => sql("wonka", "CREATE EXTENSION dblink", "wonka")],
      [
        "wonka tenant-certificate",
        () => shell("wonka", "for file in /var/lib/postgresql/tls/*.pem; do echo >>$file; done"),
      ],
      ["acme limits", () => sql("acme", "UPDATE pgtenants.limits SET idle_in_transaction_ms = 0")],
      ["globex ddl-trigger", () => sql("globex", `${writing} ALTER EVENT TRIGGER pgtenants_ddl DISABLE`, "globex")],
      [
        "globex write-grant",
        () =>
          sql(
            "globex",
            `${writing} CREATE TABLE public.written (); GRANT INSERT ON public.written TO globex`,
            "globex",
          ),
      ],
      ["stark role-expiry", () => sql("stark", "ALTER ROLE stark VALID UNTIL '2020-01-01'")],
      ["stark superuser-password", () => sql("stark", "ALTER ROLE pgtenants PASSWORD 'known'")],
      ["stark role-setting", () => sql("stark", "ALTER ROLE stark SET log_min_messages = 'panic'")],
      [
        "stark setting-file",
        () => shell("stark", 'echo "work_mem = 1GB" >>"$PGDATA/postgresql.conf" && pg_ctl reload'),
      ],
      ["weyland role-missing", () => sql("weyland", "ALTER ROLE tyrell RENAME TO moved")],
      ["weyland backup-settings", () => shell("weyland", "echo never >/var/lib/postgresql/backup/schedule")],
      ["weyland disk-limit", () => shell("weyland", "echo 999999 >/var/lib/postgresql/disk-limit")],
      // The disk guard puts it right at its next look, which is to wait until it was found.
      ["weyland login-rules", () => shell("weyland", `kill -STOP ${guard} && echo 'host all all all trust' >${rules}`)],
    ],
    async () => {
      await shell("weyland", `kill -CONT ${guard}`);
      const left = () => shell("weyland", `cat ${rules}`);
      await expect.poll(left, { timeout: 90_000, interval: 1000 }).toBe("");
    },
  );
});

test("containers, networks and volumes that are gone, or that nobody deployed", async () => {
  const image = await inspect(server("acme"), "{{.Config.Image}}");
  const byHand = async (id: string, ...options: readonly string[]) => {
    await docker("rm", "--force", server(id));
    await docker("run", "--detach", "--init", `--name=${server(id)}`, ...options, "--entrypoint=sleep", image, "600");
  };
  await findAndMend([
    ["acme container-missing", () => docker("rm", "--force", server("acme"))],
    ["globex container-stopped", () => docker("stop", server("globex"))],
    ["hooli container-paused", () => docker("pause", server("hooli"))],
    ["initech container-renamed", () => docker("rename", server("initech"), `${server("initech")}-moved`)],
    ["umbrella container-recreated", () => byHand("umbrella", "--publish=127.0.0.1::5432", "--user=0", ...labels())],
    ["wonka container-recreated", () => byHand("wonka", "--env=PGPASSWORD=not-a-secret", "--cap-add=NET_ADMIN")],
    [
      "stack container-unknown",
      () => docker("run", "--detach", `--name=${stranger()}`, ...labels(), "--entrypoint=sleep", image, "600"),
    ],
    ["stack network-unknown", () => docker("network", "create", "--internal", ...labels(), stranger())],
    ["stack volume-unknown", () => docker("volume", "create", ...labels(), stranger())],
  ]);
});

test.each(["network-missing", "network-recreated"])(
  "%s: made again, and the tenants go on it as they are",
  async (kind) => {
    const subnet = await outputOf("docker", [
      "network",
      "inspect",
      "--format={{(index .IPAM.Config 0).Subnet}}",
      at.router,
    ]);
    const address = await inspect(server("acme"), `{{(index .NetworkSettings.Networks "${at.router}").IPAddress}}`);
    for (const id of ids) await docker("network", "disconnect", at.router, server(id));
    await docker("network", "rm", at.router);
    const off = kind === "network-missing" ? ids : ids.filter((id) => id !== "acme");
    if (kind === "network-recreated") {
      await docker("network", "create", "--subnet", subnet, at.router);
      await docker("network", "connect", "--ip", address, at.router, server("acme"));
    }
    const before = await starts();
    const look = await lookForDrift(at);
    expect(kindsIn(look)).toEqual([`network ${kind}`, ...off.map((id) => `${id} network-left`)].sort());
    // Nothing can be put on it before it is there.
    const [network, others] = [true, false].map((all) =>
      look.findings.filter(({ subject }) => (subject === "network") === all),
    );
    await typeFixes(at, { ...look, findings: network ?? [] });
    expect(kindsIn(await lookForDrift(at))).toEqual(ids.map((id) => `${id} network-left`).sort());
    await typeFixes(at, { ...look, findings: others ?? [] });
    if (kind === "network-recreated") await typeFixes(at, await lookForDrift(at));
    await expectClean();
    expect(await starts()).toEqual(before);
    seen.push(["network", kind, network?.[0]?.fix ?? ""]);
  },
);

test("what cannot be looked at is told, and is no clean look", async () => {
  await shell("acme", "mv /run/postgresql/.s.PGSQL.5432 /run/postgresql/moved");
  try {
    const { code, unknown, findings } = await lookForDrift(at);
    expect({
      code,
      subjects: unknown.map(({ subject }) => subject),
      findings: findings.map(({ subject }) => subject),
    }).toEqual({
      code: 2,
      subjects: ["acme"],
      findings: [],
    });
  } finally {
    await shell("acme", "mv /run/postgresql/moved /run/postgresql/.s.PGSQL.5432");
  }
});

test("volumes: backups begin anew, and data is not made anew", async () => {
  await pgtOutput(at, "stop", "wonka");
  await docker("volume", "rm", at.backups("wonka"));
  await findAndMend([["wonka backups-missing", aswell]]);
  await docker("volume", "rm", at.container("wonka"));
  const look = await lookForDrift(at);
  expect(kindsIn(look)).toEqual(["wonka volume-missing"]);
  await expect(at.stack.up()).rejects.toThrow(`got no volume ${at.container("wonka")}`);
  expect(await pgt(at, ["drift", "--format", "markdown"])).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^\| wonka \| volume-missing \| .* \| refuses \| /m),
  });
  seen.push(["wonka", "volume-missing", "refused"]);
});

test("what copies backups elsewhere is looked at as well; of a stack that was taken down nothing is missing", async () => {
  const path = mkdtempSync(join(tmpdir(), "pgtenants-store-"));
  chownSync(path, 999, 999);
  const settings = { offsite: JSON.stringify({ type: "path", path }), deletionProtection: "true" };
  const offsite = await makeTestStack(["acme"], settings);
  try {
    await pgtOutput(offsite, "start");
    expect(await lookForDrift(offsite)).toMatchObject({ code: 0, findings: [], unknown: [] });
    await docker("update", "--memory=700m", "--pids-limit=1000", `${offsite.router}_offsite`);
    const look = await lookForDrift(offsite);
    expect(kindsIn(look)).toEqual(["offsite memory", "offsite processes"]);
    await typeFixes(offsite, look);
    expect(await lookForDrift(offsite)).toMatchObject({ code: 0, findings: [], unknown: [] });
    for (const { subject, kind, fix } of look.findings) seen.push([subject, kind, fix]);
    await pgtOutput(offsite, "stop", "--yes");
    expect(await lookForDrift(offsite)).toMatchObject({ code: 0, findings: [], deploymentDue: ["acme"] });
  } finally {
    await removeProtected(offsite, ["acme"]);
    rmSync(path, { recursive: true });
  }
});
