import { describe, expect, test } from "vitest";
import { parsePreview } from "../../../../cli/pgt/impact/preview.ts";
import { reportOf } from "../../../../cli/pgt/impact/report.ts";
import { risksData, sentence } from "../../../../cli/pgt/impact/summary.ts";
import type { Tenant } from "../../../../tenants/tenant.ts";
import { planned } from "../../../support/plans/planned.ts";
import { tenant } from "../../../support/tenants.ts";

const stack = "urn:pulumi:dev::pgtenants";
const component = "pgtenants:index:TenantDatabase";
const types = {
  server: "docker:index/container:Container",
  router: "docker:index/container:Container",
  data: "docker:index/volume:Volume",
  backups: "docker:index/volume:Volume",
  "backup-key": "random:index/randomPassword:RandomPassword",
  password: "random:index/randomPassword:RandomPassword",
  sql: "command:local:Command",
  clone: "command:local:Command",
  import: "command:local:Command",
  pooler: "docker:index/container:Container",
  "pooler-files": "docker:index/volume:Volume",
  pools: "command:local:Command",
} as const;
type Part = keyof typeof types;

interface Given {
  readonly type?: string;
  readonly before?: object;
  readonly after?: object;
  readonly retainOnDelete?: boolean;
  readonly diffReasons?: readonly string[];
}

/** A step of `pulumi preview --json` for a part of a tenant, or of the router. */
function step(op: string, id: string, part: Part | string, given: Given = {}) {
  const type = given.type ?? types[part as Part] ?? "unknown:index:Thing";
  const parent = `${stack}::${id === "traefik" ? "pgtenants:index:Traefik" : component}::${id}`;
  const state = { urn: `${stack}::${component}$${type}::${id}-${part}`, type, custom: true, parent };
  const old =
    op === "create" ? {} : { oldState: { ...state, retainOnDelete: given.retainOnDelete, inputs: given.before } };
  const young = op === "delete" ? {} : { newState: { ...state, inputs: given.after } };
  return { op, urn: state.urn, ...old, ...young, diffReasons: given.diffReasons };
}

const acme = tenant();
const summary = {
  host: "acme.db.example.com",
  database: "acme",
  user: "acme",
  access: { enabled: true, allow: [], maxConnectionsPerIp: 40 },
  tls: "terminate",
};

function report(steps: readonly object[], tenants: readonly Tenant[] = [acme], before: object = { acme: summary }) {
  const root = `${stack}::pulumi:pulumi:Stack::pgtenants-dev`;
  const state = { urn: root, type: "pulumi:pulumi:Stack", outputs: { tenants: before } };
  const config = { "pgtenants:domain": "db.example.com" };
  return reportOf(
    parsePreview(JSON.stringify({ config, steps: [{ op: "same", urn: root, oldState: state }, ...steps] })),
    planned(tenants),
  );
}

const impactOf = (...args: Parameters<typeof report>) =>
  report(...args).tenants.map(({ id, impact }) => `${id}: ${impact}`);

describe("what is done to a resource is, for its tenant", () => {
  test.each<[string, string, Part | string, Given]>([
    ["in place", "update", "server", { diffReasons: ["memory", "memorySwap"] }],
    ["in place", "update", "server", { before: { cpuShares: 256 }, after: { cpuShares: 512 } }],
    ["restart", "update", "server", { diffReasons: ["memory", "a-property-of-tomorrow"] }],
    ["restart", "update", "server", {}],
    ["restart", "replace", "server", { diffReasons: ["memory"] }],
    ["restart", "create-replacement", "server", {}],
    ["started", "create", "server", {}],
    ["stopped", "delete", "server", {}],
    ["data at risk", "replace", "data", {}],
    ["data at risk", "update", "data", {}],
    ["data at risk", "delete", "data", {}],
    ["data at risk", "delete", "backups", {}],
    ["data at risk", "replace", "backup-key", {}],
    ["data at risk", "delete", "backup-key", { retainOnDelete: true }],
    ["in place", "replace", "password", {}],
    ["in place", "update", "sql", { diffReasons: ["stdin"] }],
    ["in place", "create", "clone", {}],
    ["in place", "delete", "import", {}],
    ["data at risk", "create", "thing-of-tomorrow", {}],
    ["data at risk", "delete", "data", { type: "docker:index/volume:VolumeOfTomorrow" }],
    ["data at risk", "vanish", "server", {}],
    ["data at risk", "vanish", "sql", {}],
    ["data at risk", "update", "sql", { type: "command:remote:Command" }],
  ])("%s: %s of %s %j", (impact, op, part, given) => {
    expect(impactOf([step(op, "acme", part, given)])).toEqual([`acme: ${impact}`]);
  });

  test.each(["same", "read", "refresh"])("nothing: %s", (op) => {
    const found = report([step(op, "acme", "server")]);
    expect(found).toMatchObject({ tenants: [], unchanged: 1 });
    expect(sentence(found)).toBe("Nothing changes.");
  });

  test("what is kept on the engine is no loss", () => {
    const kept = step("delete", "hooli", "data", { retainOnDelete: true });
    expect(impactOf([kept])).toEqual(["hooli: removed"]);
    expect(risksData(report([kept]))).toBe(false);
    expect(risksData(report([step("delete", "hooli", "data")]))).toBe(true);
  });
});

test("a new tenant is new, and nothing else; one that has its data is started", () => {
  const server = step("create", "acme", "server");
  expect(impactOf([server, step("create", "acme", "data"), step("create", "acme", "sql")], [acme], {})).toEqual([
    "acme: new",
  ]);
  expect(impactOf([server, step("create", "acme", "sql")])).toEqual(["acme: started"]);
});

test.each([
  ["stopped", "stopped"],
  ["removed", "removed"],
] as const)("a container that goes is %s where the file says so", (state, impact) => {
  const steps = [step("delete", "acme", "server"), step("delete", "acme", "sql")];
  expect(report(steps, [tenant({ state })]).tenants).toMatchObject([{ id: "acme", impact, sessionsEnd: true }]);
});

test("a renamed tenant is one tenant, under its new id", () => {
  const renamed = tenant({ id: "acme-eu", origin: "acme", formerIds: ["acme"], database: "acme", owner: "acme" });
  const found = report(
    [step("delete-replaced", "acme", "server"), step("create-replacement", "acme-eu", "server")],
    [renamed],
  );
  expect(found.tenants.map(({ id, impact }) => [id, impact])).toEqual([["acme-eu", "restart"]]);
  expect(found.tenants[0]?.reasons.map(({ text }) => text)).toContain(
    "host acme.db.example.com → acme-eu.db.example.com",
  );
});

describe("what goes to the server is secret, and is told by the outputs", () => {
  const sql = step("update", "acme", "sql", { diffReasons: ["stdin"] });
  test.each<[string, Partial<Tenant>]>([
    ["in place", {}],
    ["in place", { owner: "app" }],
    ["in place", { tls: "passthrough" }],
    ["sessions end", { database: "orders" }],
    ["sessions end", { access: { enabled: false, allow: [], maxConnectionsPerIp: 40 } }],
    ["sessions end", { access: { enabled: true, allow: ["203.0.113.0/24"], maxConnectionsPerIp: 40 } }],
    ["in place", { access: { enabled: true, allow: [], maxConnectionsPerIp: 7 } }],
    ["sessions end", { readOnly: true }],
    ["in place", { allowDdl: false }],
  ])("%s: %j", (impact, differences) => {
    expect(impactOf([sql], [tenant(differences)])).toEqual([`acme: ${impact}`]);
  });

  test("what is closed is told by name, whatever the outputs before knew of it", () => {
    const told = (before: object) =>
      report([sql], [tenant({ readOnly: true, allowDdl: false })], {
        acme: { ...summary, ...before },
      }).tenants[0]?.reasons.map(({ text }) => text);
    const texts = ["read-only, which ends sessions that write: off → on", "changes of definitions on → off"];
    expect(told({})).toEqual(expect.arrayContaining(texts));
    expect(told({ readOnly: true, allowDdl: false })).not.toEqual(expect.arrayContaining(texts.slice(0, 1)));
  });

  test.each([
    ["sessions end", "transaction", "role, which ends sessions by its pool: acme → app"],
    ["in place", "session", "role acme → app"],
  ] as const)("another role: %s with a pool in %s mode", (impact, mode, text) => {
    const pooler = { mode, size: 20, reserve: 0, maxClients: 1000, maxClientsPerIp: 1000, queryWaitSeconds: 30 };
    expect(report([sql], [tenant({ owner: "app", pooler })]).tenants).toMatchObject([
      { id: "acme", impact, reasons: [{ impact, text }] },
    ]);
  });

  test("without outputs its sessions may end", () => {
    expect(impactOf([sql], [acme], {})).toEqual(["acme: sessions end"]);
  });

  test("limits are told by name; of a deployment that did not say them nothing is told", () => {
    const told = (before: object, after: object) =>
      report(
        [step("update", "acme", "sql", { before: { environment: before }, after: { environment: after } })],
        [acme],
        {
          acme: summary,
        },
      ).tenants[0]?.reasons.map(({ text }) => text);
    const limits = {
      STATEMENT_TIMEOUT: "none",
      IDLE_TIMEOUT: "10 min",
      LOCK_TIMEOUT: "none",
      TEMP_FILE_LIMIT: "2560 MB",
    };
    const others = { STATEMENT_TIMEOUT: "2 s", IDLE_TIMEOUT: "5 min", LOCK_TIMEOUT: "20 s", TEMP_FILE_LIMIT: "1 GB" };
    expect(told(limits, others)).toEqual([
      "idleInTransactionTimeout 10 min → 5 min",
      "lockTimeout none → 20 s",
      "statementTimeout none → 2 s",
      "tempFileLimit 2560 MB → 1 GB",
    ]);
    expect(told({}, { ...limits, DISK_MIB: "5" })).toEqual(["disk none → 5 MB"]);
  });

  test("access that comes back ends nothing", () => {
    const closed = { acme: { ...summary, access: { ...summary.access, enabled: false } } };
    expect(impactOf([sql], [acme], closed)).toEqual(["acme: in place"]);
  });
});

describe("what all tenants share", () => {
  const others = [acme, tenant({ id: "globex", state: "stopped" })];
  test("a router that is made anew ends the sessions of those that run", () => {
    const found = report([step("replace", "traefik", "router")], others);
    expect(found.tenants.map(({ id, impact }) => [id, impact])).toEqual([["acme", "sessions end"]]);
    expect(found.shared).toEqual([{ impact: "sessions end", text: "router made anew" }]);
    expect(sentence(found)).toBe("1 whose sessions end, 1 unchanged.");
  });

  test("its memory changes in place", () => {
    expect(impactOf([step("update", "traefik", "router", { diffReasons: ["memory"] })], others)).toEqual([]);
  });

  test("an unknown kind of resource is data at risk", () => {
    const found = report([step("create", "traefik", "thing-of-tomorrow")], others);
    expect(found.shared).toMatchObject([{ impact: "data at risk" }]);
    expect(risksData(found)).toBe(true);
  });
});

test("the worst comes first, and each tenant once", () => {
  const tenants = ["acme", "globex", "hooli"].map((id) => tenant({ id }));
  const found = report(
    [
      step("update", "acme", "server", { diffReasons: ["memory"] }),
      step("replace", "globex", "server"),
      step("update", "globex", "sql", { diffReasons: ["environment"] }),
      step("delete", "umbrella", "data"),
    ],
    tenants,
  );
  expect(found.tenants.map(({ id }) => id)).toEqual(["umbrella", "globex", "acme"]);
  expect(sentence(found)).toBe("1 with data at risk, 1 restart, 1 in place, 1 unchanged.");
});

test("an image whose tag may move is said not to be seen", () => {
  const preview = (image: string) => parsePreview(JSON.stringify({ config: { "pgtenants:postgresImage": image } }));
  expect(reportOf(preview("registry.example.com/postgres:18"), planned([acme])).unseen).toHaveLength(1);
  expect(reportOf(preview(`registry.example.com/postgres@sha256:${"0".repeat(64)}`), planned([acme])).unseen).toEqual(
    [],
  );
});

test("a preview of another form is an error that says where", () => {
  expect(() => parsePreview('{"steps":[{"op":7}]}')).toThrow(/another form.*expected string, received number/);
  expect(() => parsePreview("panic: no JSON")).toThrow("another form");
});

describe("a connection pool", () => {
  const data = { type: "volume", source: "pgtenants-dev.acme", target: "/var/lib/postgresql" };
  const socket = { type: "volume", source: "pgtenants-dev.acme_pooler", target: "/var/lib/pooler" };
  const told = (steps: readonly object[]) =>
    report(steps).tenants.map(({ impact, reasons }) => [impact, ...reasons.map(({ text }) => text)]);

  test("that comes restarts its tenant, and so does one that goes", () => {
    const comes = [
      step("create", "acme", "pooler", { after: {} }),
      step("create", "acme", "pooler-files", { after: {} }),
      step("create", "acme", "pools", { after: {} }),
      step("replace", "acme", "server", { before: { mounts: [data] }, after: { mounts: [data, socket] } }),
    ];
    expect(told(comes)).toEqual([["restart", "connection pool off → on", "connection pool made"]]);
    const goes = [
      step("delete", "acme", "pooler", { before: {} }),
      step("delete", "acme", "pooler-files", { before: {} }),
      step("delete", "acme", "pools", { before: {} }),
      step("replace", "acme", "server", { before: { mounts: [data, socket] }, after: { mounts: [data] } }),
    ];
    expect(told(goes)).toEqual([["restart", "connection pool on → off", "connection pool deleted"]]);
  });

  test("that gets other values is told by them, in place; another container ends its sessions", () => {
    const values = { MODE: "transaction", SIZE: "20", RESERVE: "0", MAX_CLIENTS: "1000", QUERY_WAIT: "30 s" };
    const other = { MODE: "session", SIZE: "5", RESERVE: "2", MAX_CLIENTS: "200", QUERY_WAIT: "5 s" };
    const changed = step("update", "acme", "pools", {
      before: { environment: { ...values, CONTAINER: "a" }, stdin: "b" },
      after: { environment: { ...other, CONTAINER: "a" }, stdin: "c" },
    });
    expect(told([changed])).toEqual([
      [
        "in place",
        "clients of the pool 1000 → 200",
        "pool mode transaction → session",
        "pool reserve 0 → 2",
        "pool size 20 → 5",
        "wait for the pool 30 s → 5 s",
      ],
    ]);
    const back = step("update", "acme", "pools", {
      before: { environment: other },
      after: { environment: { ...other, MODE: "transaction" } },
    });
    expect(told([back])).toEqual([
      ["sessions end", expect.stringMatching(/^pool mode session → transaction: open ones/)],
    ]);
    const image = step("replace", "acme", "pooler", { before: { image: "a" }, after: { image: "b" } });
    expect(told([image])).toEqual([["sessions end", "connection pool made anew"]]);
    const memory = step("update", "acme", "pooler", { before: { memory: 127 }, after: { memory: 77 } });
    expect(told([memory])).toEqual([["in place", "memory 127 MB → 77 MB"]]);
  });
});
