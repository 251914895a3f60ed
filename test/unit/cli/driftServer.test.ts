import { describe, expect, test } from "vitest";
import { compareServer, type SeenServer } from "../../../cli/pgt/drift/compareServer.ts";
import { parseServer } from "../../../cli/pgt/drift/readInside.ts";
import type { TenantSpec } from "../../../components/tenantSpec.ts";
import {
  database,
  deployedServer,
  ownerRole,
  role,
  seenClosing,
  seenServer,
  superuserRole,
} from "../../support/drift.ts";

type Cluster = SeenServer["cluster"];

const compare = (differences: Partial<Cluster>, more: Partial<SeenServer> = {}) =>
  compareServer(deployedServer(), seenServer(differences, more));
const step = "pulumi up --replace '**::acme-sql'";
const psql = (statement: string) => `pgt psql acme --superuser -- --command='${statement}'`;
const owner = (differences: Partial<Cluster["roles"][number]>) => ({
  roles: [{ ...ownerRole, ...differences }, superuserRole],
});
const further = (differences: Partial<Cluster["roles"][number]>) => ({
  roles: [ownerRole, superuserRole, role({ name: "intruder", ...differences })],
});
const own = (differences: Partial<Cluster["databases"][number]>) => ({ databases: [database(differences)] });
const setting = (differences: Partial<Cluster["roleSettings"][number]>) => ({
  roleSettings: [
    {
      role: null,
      database: null,
      databaseOwner: null,
      setting: "work_mem",
      value: "1GB",
      context: "user",
      ...differences,
    },
  ],
});

test("a server that is as it was deployed is no drift", () => {
  expect(compare({})).toEqual([]);
});

test.each<[Partial<Cluster>, string, string, string]>([
  [
    { roles: [{ ...ownerRole, name: "moved" }, superuserRole], databases: [database({ owner: "moved" })] },
    "role-missing",
    "it is called moved",
    step,
  ],
  [owner({ attributes: ["SUPERUSER", "CREATEROLE"] }), "role-attributes", "acme: SUPERUSER CREATEROLE", step],
  [owner({ login: false }), "role-login", "may not log in", step],
  [owner({ connectionLimit: -1 }), "role-connections", "no limit", step],
  [owner({ connectionLimit: 41 }), "role-connections", "41", step],
  [
    owner({ validUntil: "2020-01-01" }),
    "role-expiry",
    "until 2020-01-01",
    psql(`ALTER ROLE "acme" VALID UNTIL '\\''infinity'\\''`),
  ],
  [owner({ password: "another" }), "password", "another", step],
  [owner({ password: "none" }), "password", "none", step],
  [
    { roles: [ownerRole, { ...superuserRole, password: "another" }] },
    "superuser-password",
    "one",
    psql('ALTER ROLE "pgtenants" PASSWORD NULL'),
  ],
  [further({}), "login-role", "intruder", psql('ALTER ROLE "intruder" NOLOGIN')],
  [further({ formerOwner: true }), "login-role", "intruder", step],
  [further({ login: false, attributes: ["BYPASSRLS"] }), "role-attributes", "intruder: BYPASSRLS", step],
  [{ memberships: [{ member: "acme", role: "pgtenants" }] }, "membership", "acme is a member of pgtenants", step],
  [
    { memberships: [{ member: "acme", role: "pg_read_server_files" }] },
    "membership",
    "acme is a member of pg_read_server_files",
    step,
  ],
  [
    { memberships: [{ member: "acme", role: "pg_monitor" }] },
    "predefined-role",
    "acme is a member of pg_monitor",
    psql('REVOKE "pg_monitor" FROM "acme" CASCADE'),
  ],
  [
    { parameterGrants: [{ setting: "log_statement", role: "acme" }] },
    "parameter-grant",
    "acme may set log_statement",
    step,
  ],
  [{ databases: [] }, "database-missing", "none", expect.stringContaining("pgt restore acme --in-place")],
  [{ databases: [database({ name: "moved", public: ["CONNECT"] })] }, "database-missing", "it is called moved", step],
  [own({ owner: "pgtenants" }), "database-owner", "pgtenants", step],
  [own({ open: false }), "database-closed", "takes no connections", step],
  [own({ connectionLimit: 0 }), "database-connections", "0", psql('ALTER DATABASE "acme" CONNECTION LIMIT -1')],
  [own({ public: ["CONNECT", "TEMPORARY"] }), "public-grant", "CONNECT, TEMPORARY on acme for everybody", step],
  [setting({}), "role-setting", "work_mem = 1GB for all roles", psql('ALTER ROLE ALL RESET "work_mem"')],
  [
    setting({ role: "pgtenants" }),
    "role-setting",
    "work_mem = 1GB for role pgtenants",
    psql('ALTER ROLE "pgtenants" RESET "work_mem"'),
  ],
  [
    setting({ role: "acme", database: "acme", databaseOwner: "acme", setting: "log_statement", context: "superuser" }),
    "role-setting",
    "log_statement = 1GB for role acme in database acme",
    psql('ALTER ROLE "acme" IN DATABASE "acme" RESET "log_statement"'),
  ],
  [
    setting({ database: "postgres", databaseOwner: "pgtenants" }),
    "role-setting",
    "work_mem = 1GB for database postgres",
    psql('ALTER DATABASE "postgres" RESET "work_mem"'),
  ],
])("%j", (differences, kind, found, fix) => {
  expect(compare(differences)).toMatchObject([{ subject: "acme", kind, found, fix }]);
});

test("a role that is gone is told, and that the database is somebody else's", () => {
  const found = compare({ roles: [superuserRole], databases: [database({ owner: "pgtenants" })] });
  expect(found.map(({ kind, found }) => [kind, found])).toEqual([
    ["role-missing", "none"],
    ["database-owner", "pgtenants"],
  ]);
});

test.each<[string, Partial<Cluster>]>([
  ["a role that cannot log in and may do nothing", further({ login: false })],
  [
    "a setting for its own role, in any database",
    setting({ role: "acme", database: "postgres", databaseOwner: "pgtenants" }),
  ],
  ["a setting for its own database", setting({ database: "acme", databaseOwner: "acme" })],
  ["a setting of an extension's", setting({ role: "acme", setting: "pg_trgm.similarity_threshold", context: null })],
  ["membership among others", { memberships: [{ member: "intruder", role: "acme" }] }],
])("%s is no drift", (_, differences) => {
  expect(compare(differences)).toEqual([]);
});

describe("settings by ALTER SYSTEM", () => {
  const { altered } = seenServer().cluster;
  const found = (differences: Cluster["altered"]) =>
    compare({ altered: differences }).map(({ kind, found, expected }) => [kind, found, expected]);

  test.each<[string, Cluster["altered"], readonly string[]]>([
    ["changed", { ...altered, archive_timeout: "0" }, ["setting", "archive_timeout = 0", "60s"]],
    ["one more", { ...altered, work_mem: "1GB" }, ["setting", "work_mem = 1GB", "not set"]],
    [
      "who is let in",
      { ...altered, "pgtenants.allow": "[]" },
      ["setting", "pgtenants.allow = []", '["203.0.113.0/24", "2001:db8::/32"]'],
    ],
  ])("%s", (_, differences, expected) => {
    expect(found(differences)).toEqual([expected]);
  });

  test("reset", () => {
    const { archive_timeout: _, ...less } = altered;
    expect(found(less)).toEqual([["setting", "archive_timeout is not set", "60s"]]);
  });

  test("the disk guard's own comes and goes with the disk", () => {
    expect(found({ ...altered, default_transaction_read_only: "on" })).toEqual([]);
  });
});

test("a setting in postgresql.conf that initdb did not write", () => {
  expect(compare({ written: { TimeZone: "Mars", work_mem: "1GB" } })).toMatchObject([
    {
      kind: "setting-file",
      found: "work_mem = 1GB",
      fix: expect.stringContaining("sed -i -E '/^[[:space:]]*work_mem[[:space:]=]/d'"),
    },
  ]);
});

test("an extension that only a superuser may create", () => {
  expect(compare({}, { extensions: ["dblink"] })).toMatchObject([
    {
      kind: "extension",
      found: "dblink",
      fix: `pgt psql acme --superuser -- --dbname='acme' --command='DROP EXTENSION "dblink"'`,
    },
  ]);
});

describe("what holds a tenant to its limits", () => {
  const limits: TenantSpec["limits"] = { readOnly: false, allowDdl: true, statement: 0, idle: 600_000, lock: 0 };
  const found = (wanted: Partial<typeof limits>, seen: Parameters<typeof seenClosing>[0]) =>
    compareServer(
      deployedServer({ limits: { ...limits, ...wanted } }),
      seenServer({}, { closing: seenClosing({ limits: { ...rows, ...rowOf(wanted) }, ...seen }) }),
    );
  const rows = { statement_ms: 0, idle_in_transaction_ms: 600_000, lock_ms: 0, read_only: false, allow_ddl: true };
  const rowOf = ({ readOnly, allowDdl }: Partial<typeof limits>) => ({
    ...{ read_only: readOnly ?? false, allow_ddl: allowDdl ?? true },
  });

  test.each<[string, Partial<typeof limits>, Parameters<typeof seenClosing>[0], object[]]>([
    ["as it was deployed", {}, {}, []],
    ["as it was deployed, of a tenant that moves", { held: true }, {}, []],
    ["read-only as it was deployed", { readOnly: true }, { refuses: "pgtenants.refuse_write" }, []],
    ["without definitions as it was deployed", { allowDdl: false }, { refuses: "pgtenants.refuse_definition" }, []],
    [
      "another row",
      {},
      { limits: { ...rows, idle_in_transaction_ms: 0, lock_ms: 7 } },
      [{ kind: "limits", found: "idle 0, lock 7", expected: "idle 600000, lock 0", fix: step }],
    ],
    ["no row", {}, { limits: null }, [{ kind: "limits", found: "idle 0", expected: "idle 600000" }]],
    [
      "no event trigger, and somebody may write",
      { readOnly: true },
      { writable: ["public.a", "public.b", "public.c", "public.d", "public.e", "public.f"] },
      [
        { kind: "ddl-trigger", found: "none", expected: "pgtenants.refuse_write", fix: step },
        { kind: "write-grant", found: "public.a, public.b, public.c, public.d, public.e, …", fix: step },
      ],
    ],
    [
      "an event trigger that is not to be",
      {},
      { refuses: "pgtenants.refuse_definition" },
      [{ kind: "ddl-trigger", found: "pgtenants.refuse_definition", expected: "none" }],
    ],
  ])("%s", (_, wanted, seen, expected) => {
    const told = found(wanted, seen);
    expect(told).toHaveLength(expected.length);
    expect(told).toMatchObject(expected);
  });

  test("a database that lets nobody in says nothing of it", () => {
    expect(compare({}, { closing: null })).toEqual([]);
  });
});

test("of a cluster that was made elsewhere only what no tenant may have counts: the rest came with it", () => {
  const there: Partial<Cluster> = {
    ...further({}),
    ...setting({ role: "acme", setting: "log_statement", context: "superuser" }),
    memberships: [{ member: "acme", role: "intruder" }],
    written: { listen_addresses: "*" },
  };
  expect(compare(there, { takenOver: true, extensions: ["pg_stat_statements"] })).toEqual([]);
  expect(compare(further({ attributes: ["SUPERUSER"] }), { takenOver: true }).map(({ kind }) => kind)).toEqual([
    "role-attributes",
  ]);
});

describe("what the script prints", () => {
  const { cluster } = seenServer();
  const digest = "c".repeat(64);
  const printed = `${digest}  /var/lib/postgresql/disk-limit\ntaken over\ncluster\n${JSON.stringify(cluster)}\n["dblink"]\n${JSON.stringify(seenClosing())}\n`;

  test("is read back", () => {
    expect(parseServer(printed)).toEqual({
      server: { cluster, extensions: ["dblink"], closing: seenClosing(), takenOver: true },
      files: { "/var/lib/postgresql/disk-limit": digest },
    });
    expect(parseServer(printed.replace("taken over\n", "")).server.takenOver).toBe(false);
  });

  test("half of it is an error, not a clean look", () => {
    expect(() => parseServer(printed.split("\n").slice(0, 3).join("\n"))).toThrow();
    expect(() => parseServer(printed.replace('["dblink"]', ""))).toThrow();
  });
});
