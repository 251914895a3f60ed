import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reloadSettings, startSettings } from "../../../components/serverSettings.ts";
import { ALLOWED_SETTINGS } from "../../../tenants/allowedSettings.ts";
import { EXTENSION_KINDS, EXTENSIONS } from "../../../tenants/extensions.ts";
import { parseTenants } from "../../../tenants/load.ts";
import { refusal } from "../../support/fixtures/read.ts";
import { tenant } from "../../support/tenants.ts";

const fileOf = (fields: object) => JSON.stringify({ tenants: [{ id: "acme", ...fields }] });
const refused = (fields: object): string => refusal(fileOf(fields)).message;
const declared = (fields: object) => parseTenants(fileOf(fields), "f")[0]?.declared;

test("an entry that declares nothing has nothing declared, and so has one with empty lists", () => {
  expect(declared({})).toBeUndefined();
  expect(declared({ databases: [], roles: [], extensions: [], schemas: [], settings: {} })).toBeUndefined();
});

test("defaults are filled in, and the order of lists means nothing", () => {
  const roles = [
    { name: "reporting", readOnly: true },
    { name: "app", inRoles: ["team", "acme"] },
    { name: "team", login: false },
  ];
  const databases = [{ name: "b" }, { name: "a", schemas: [{ name: "mart" }] }];
  const all = declared({ roles, databases, maxConnections: 30, extensions: [{ name: "vector" }] });
  expect(all).toStrictEqual({
    databases: [
      {
        name: "acme",
        droppedOn: undefined,
        extensions: [{ name: "vector", droppedOn: undefined, version: undefined }],
        schemas: [],
      },
      {
        name: "a",
        droppedOn: undefined,
        extensions: [],
        schemas: [{ name: "mart", droppedOn: undefined, owner: "acme" }],
      },
      { name: "b", droppedOn: undefined, extensions: [], schemas: [] },
    ],
    roles: [
      {
        name: "app",
        droppedOn: undefined,
        login: true,
        readOnly: false,
        inRoles: ["acme", "team"],
        connectionLimit: 30,
        passwordVersion: 1,
      },
      {
        name: "reporting",
        droppedOn: undefined,
        login: true,
        readOnly: true,
        inRoles: [],
        connectionLimit: 30,
        passwordVersion: 1,
      },
      {
        name: "team",
        droppedOn: undefined,
        login: false,
        readOnly: false,
        inRoles: [],
        connectionLimit: 30,
        passwordVersion: 1,
      },
    ],
    settings: { reload: {}, restart: {} },
  });
  const again = declared({
    roles: roles.toReversed().map((role) => ({ ...role, ...(role.inRoles && { inRoles: role.inRoles.toReversed() }) })),
    databases: databases.toReversed(),
    maxConnections: 30,
    extensions: [{ name: "vector" }],
  });
  expect(JSON.stringify(again)).toBe(JSON.stringify(all));
});

const hostile = [
  'a"b',
  "a'b",
  "a; DROP DATABASE postgres",
  "$$",
  "a\\b",
  "a b",
  "Ünïcode",
  "а",
  "A",
  "a\nb",
  "",
  "-a",
  "a".repeat(64),
  ":'spec'",
  "a`id`",
];

describe("names", () => {
  const places: readonly [string, (name: unknown) => object][] = [
    ["database", (name) => ({ databases: [{ name }] })],
    ["role", (name) => ({ roles: [{ name }] })],
    ["schema", (name) => ({ schemas: [{ name }] })],
    ["schema in a database", (name) => ({ databases: [{ name: "b", schemas: [{ name }] }] })],
    ["extension", (name) => ({ extensions: [{ name }] })],
    ["membership", (name) => ({ roles: [{ name: "app", inRoles: [name] }] })],
    ["owner", (name) => ({ schemas: [{ name: "mart", owner: name }] })],
  ];
  test.each(places)("of a %s: hostile ones are refused in one line each", (_, place) => {
    for (const name of [...hostile, "pg_x", "pgtenants", "pgtenants_x", 7, null, ["a"], { a: 1 }]) {
      const message = refused(place(name));
      expect(message.split("\n")).toHaveLength(1);
      expect(message).toContain(", expected ");
    }
  });

  test("whatever passes is a plain name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 70 }), (name) => {
        try {
          parseTenants(fileOf({ databases: [{ name }], roles: [{ name }], schemas: [{ name }] }), "f");
        } catch {
          return;
        }
        expect(name).toMatch(/^(?!pg_|pgtenants)[a-z][a-z0-9_]{0,62}$/);
      }),
    );
  });

  test.each([
    [
      { databases: [{ name: "acme" }] },
      'databases[0].name: got "acme", expected another name than that of the tenant\'s own database',
    ],
    [{ database: "shop", databases: [{ name: "shop" }] }, "another name than that of the tenant's own database"],
    [{ roles: [{ name: "acme" }] }, "another name than that of the tenant's own role"],
    [{ user: "app", roles: [{ name: "app" }] }, "another name than that of the tenant's own role"],
    [{ renamedFrom: "old", roles: [{ name: "old" }] }, "another name than that of the tenant's own role"],
    [{ schemas: [{ name: "public" }] }, "a schema that every database has"],
    [{ databases: [{ name: "template1" }] }, "template databases"],
    [{ roles: [{ name: "a" }, { name: "a" }] }, 'roles[1].name: got "a", expected a name of its own in this list'],
    [
      { databases: [{ name: "b", extensions: [{ name: "citext" }, { name: "citext" }] }] },
      "databases[0].extensions[1].name",
    ],
    [{ roles: [{ name: "a", inRole: [] }] }, 'did you mean "inRoles"?'],
    [{ roles: ["app"] }, 'write it as "- name: app"'],
    [{ extensions: [{ name: "vectr" }] }, 'did you mean "vector"?'],
    [{ extensions: [{ name: "vector", version: 0.8 }] }, "put it in quotes"],
    [{ extensions: [{ name: "vector", version: "1--2" }] }, 'a version such as "0.8.1"'],
    ...["file_fdw", "dblink", "postgres_fdw", "adminpack", "plpython3u", "plperlu", "pageinspect"].map(
      (name): [object, string] => [{ extensions: [{ name }] }, "write one of them"],
    ),
  ])("%j is refused", (fields, message) => {
    expect(refused(fields)).toContain(message);
  });
});

describe("memberships", () => {
  test.each([
    [[{ name: "a", inRoles: ["a"] }], "no circle"],
    [
      [
        { name: "a", inRoles: ["b"] },
        { name: "b", inRoles: ["c"] },
        { name: "c", inRoles: ["a"] },
      ],
      "no circle",
    ],
    [[{ name: "a", inRoles: ["nobody"] }], 'add "nobody" there'],
    [[{ name: "a", readOnly: true, inRoles: ["acme"] }], "another readOnly role"],
    [[{ name: "a", readOnly: true, inRoles: ["b"] }, { name: "b" }], "another readOnly role"],
    [
      [
        { name: "a", inRoles: ["b"] },
        { name: "b", ensure: "absent", confirm: "b 2026-11-21" },
      ],
      'add "b" there',
    ],
    [[{ name: "a", connectionLimit: 41 }], "at most the tenant's maxConnections, 40"],
  ])("%j are refused", (roles, message) => {
    expect(refused({ roles })).toContain(message);
  });

  test("a schema's owner is there, and may write", () => {
    const schemas = [{ name: "mart", owner: "app" }];
    expect(refused({ schemas })).toContain("one that is present under roles and not readOnly: acme");
    expect(refused({ schemas, roles: [{ name: "app", readOnly: true }] })).toContain("not readOnly");
    expect(declared({ schemas, roles: [{ name: "app" }] })?.databases[0]?.schemas[0]?.owner).toBe("app");
    expect(declared({ schemas, user: "app" })?.databases[0]?.schemas[0]?.owner).toBe("app");
  });
});

describe("a drop", () => {
  const confirmed = { name: "old", ensure: "absent", confirm: "old 2026-11-21" };
  test.each(["databases", "roles", "schemas"])("of one of %s is confirmed by its name and a day", (field) => {
    expect(refused({ [field]: [{ name: "old", ensure: "absent" }] })).toContain('write "confirm: old 2026-11-21"');
    for (const confirm of ["old", "acme 2026-11-21", "old 2026-02-30", "old 2026-11-21 ", "2026-11-21"])
      expect(refused({ [field]: [{ ...confirmed, confirm }] })).toContain("to drop it, write");
    expect(refused({ [field]: [{ ...confirmed, ensure: "present" }] })).toContain("since it stays");
    expect(JSON.stringify(declared({ [field]: [confirmed] }))).toContain('"name":"old","droppedOn":"2026-11-21"');
  });
});

test("what no process could be told is refused, and what just fits is not", () => {
  const schemas = Array.from({ length: 80 }, (_, at) => `{ name: ${"s".repeat(50)}_${at} }`).join(", ");
  const declaring = (count: number) => {
    const databases = Array.from({ length: count }, (_, at) => `{ name: analytics_${at}, schemas: [${schemas}] }`);
    return `tenants:\n  - { id: acme, databases: [${databases.join(", ")}] }\n`;
  };
  expect(JSON.stringify(parseTenants(declaring(17), "f")[0]?.declared).length).toBeGreaterThan(100_000);
  expect(() => parseTenants(declaring(20), "f")).toThrow(
    /tenants\[0\] \("acme"\): got \d+ bytes, expected at most 120000 bytes of databases, roles,/,
  );
});

describe("settings", () => {
  test.each([
    ["fsync", false],
    ["full_page_writes", false],
    ["synchronous_commit", "off"],
    ["wal_level", "minimal"],
    ["archive_command", "x"],
    ["session_preload_libraries", "x"],
    ["shared_preload_libraries", "x"],
    ["max_connections", 999],
    ["temp_file_limit", "9 GB"],
    ["listen_addresses", "*"],
    ["ssl", false],
  ])("%s is not one that an entry may set", (name, value) => {
    expect(refused({ settings: { [name]: value } })).toContain(`the unknown field "${name}"`);
  });

  test.each([
    ["work_mem", "8MB", 'write "8 MB"'],
    ["work_mem", "65 MB", 'at most a quarter of the memory of "256 MB"; write "64 MB" or less'],
    ["jit", "off", "write false"],
    ["max_worker_processes", 99, "a whole number from 1 to 16"],
    ["random_page_cost", "1.1", "without quotes"],
    ["deadlock_timeout", "none", 'a time span from "100 ms" to "1 min"'],
    ["deadlock_timeout", "2 h", 'write "1 min"'],
    ["default_transaction_isolation", "serialisable", 'did you mean "serializable"?'],
  ])("%s: %j is refused", (name, value, message) => {
    expect(refused({ settings: { [name]: value } })).toContain(message);
  });

  test("go to the server by kind, in PostgreSQL's words", () => {
    const settings = {
      work_mem: "8 MB",
      jit: false,
      random_page_cost: 1.1,
      deadlock_timeout: "500 ms",
      max_locks_per_transaction: 50,
      track_commit_timestamp: true,
    };
    expect(declared({ settings })?.settings).toStrictEqual({
      reload: { work_mem: "8MB", jit: "off", random_page_cost: "1.1", deadlock_timeout: "500ms" },
      restart: { max_locks_per_transaction: "50", track_commit_timestamp: "on" },
    });
  });

  test("none is one that the program itself sets, which the entry's would undo", () => {
    const own = [
      ...Object.keys(startSettings(tenant())),
      ...Object.keys(reloadSettings(tenant({ tls: "passthrough" }), "0")),
    ];
    for (const name of own) expect(ALLOWED_SETTINGS).not.toHaveProperty(name);
  });

  test("an extension whose library is loaded at the start is one of the start's", () => {
    const withIt = tenant({ declared: declared({ extensions: [{ name: "pg_stat_statements" }] }) });
    expect(startSettings(withIt)).toMatchObject({ shared_preload_libraries: "pg_stat_statements" });
    const dropped = { name: "pg_stat_statements", ensure: "absent", confirm: "pg_stat_statements 2026-11-21" };
    expect(startSettings(tenant({ declared: declared({ extensions: [dropped] }) }))).not.toHaveProperty(
      "shared_preload_libraries",
    );
  });
});

test("no extension on the list is one that reaches files, programs or other servers", () => {
  const dangerous = /fdw|dblink|adminpack|^pl|page|surgery|walinspect|buffercache|file/;
  expect(EXTENSIONS.filter((name) => dangerous.test(name))).toEqual([]);
});

test("docs/databases.md has each kind of extension, with all of its names", () => {
  const page = readFileSync(new URL("../../../docs/databases.md", import.meta.url), "utf8");
  for (const { names } of EXTENSION_KINDS) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${names[0]}\``)) ?? "";
    expect([...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name)).toEqual(names);
  }
});
