import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ClusterLook, isPasswordOf, ownedIn, type parseDatabase } from "../../../cli/import/clusterLook.ts";
import { changesFor, collationWarnings, refusalsOf } from "../../../cli/import/judge.ts";
import { type ImportQuestion, planImport, withEntries } from "../../../cli/import/planImport.ts";
import type { LookedAt } from "../../../cli/import/planTenant.ts";
import type { PgsSetup, PgsTenant } from "../../../cli/import/readPgs.ts";
import { renderPlan } from "../../../cli/import/renderPlan.ts";
import { parseLook } from "../../../cli/import/volume.ts";
import { scramVerifier } from "../../../components/scramVerifier.ts";
import { parseTenants } from "../../../tenants/load.ts";
import { tenant } from "../../support/tenants.ts";

const password = "not-a-secret-of-acme";
const pgs: PgsTenant = {
  ...{ id: "acme", user: "postgres", database: "acme-db", password, access: true },
  container: { name: "pgs_acme", containerName: "pgs_acme" },
};
const container = { name: "pgs_acme", state: "running", restart: "always", mounts: [] };
const files = { clusters: ["version 18 in ./18/docker"], uid: "999", usedMiB: 40, adopted: false };
type Inside = ReturnType<typeof parseDatabase>;
const inside: Inside = { owned: {}, untrusted: [], stays: [], definers: [], policed: [], collations: [] };

function clusterLook(cluster: Partial<ClusterLook["cluster"]> = {}, database: Partial<Inside> = {}): ClusterLook {
  return {
    cluster: {
      ...{ verifier: scramVerifier("acme.example.com", password), databases: ["acme-db"], own: ["postgres"] },
      ...{ taken: [], slots: [], subscriptions: [], tablespaces: [], powerful: [], altered: [], ...cluster },
    },
    databases: new Map([
      ["acme-db", { ...inside, ...database }],
      ["postgres", inside],
    ]),
  };
}
const look = (over: Partial<LookedAt> = {}): LookedAt => ({
  ...{ pgs, container, volume: "pgs_pgdata_1", files, strangers: [], cluster: clusterLook(), ...over },
});
const setup: PgsSetup = {
  ...{ domain: "pgs.example.com", port: 6432, tenants: [pgs] },
  router: { name: "traefik", containerName: undefined },
};
const question = (over: Partial<ImportQuestion> = {}): ImportQuestion => ({
  setup,
  looks: [look()],
  router: { ...container, name: "pgs-router" },
  tls: { certificateFile: "/pgs/certs/fullchain.pem", keyFile: "/pgs/certs/privkey.pem" },
  stack: { domain: "db.example.com", port: 5432, isInUse: false },
  listed: [],
  ...over,
});
const entry = { id: "acme", user: "postgres", database: "acme-db", password: "custom", volume: "pgs_pgdata_1" };
const imported = tenant({ id: "acme", owner: "postgres", database: "acme-db", adoptedVolume: "pgs_pgdata_1" });

function planned(over: Partial<ImportQuestion> = {}) {
  const plan = planImport(question(over));
  if ("refusals" in plan) throw new Error(plan.refusals.join("\n"));
  return plan;
}
function refused(over: Partial<ImportQuestion>): string {
  const plan = planImport(question(over));
  return "refusals" in plan ? plan.refusals.join("\n") : "not refused";
}

describe("planImport", () => {
  test("keeps what the connection strings need, and sets an unused stack to pgs's domain, port and certificate", () => {
    const { tenants, settings, stop } = planned();
    expect(stop.map(({ name }) => name)).toEqual(["pgs-router", "pgs_acme"]);
    expect(tenants).toEqual([{ pgs, volume: "pgs_pgdata_1", usedMiB: 40, entry, takeFrom: container, changes: [] }]);
    expect(Object.fromEntries(settings)).toEqual({
      ...{ domain: "pgs.example.com", port: "6432", tlsMode: "files" },
      ...{ tlsCertificateFile: "/pgs/certs/fullchain.pem", tlsKeyFile: "/pgs/certs/privkey.pem" },
    });
  });

  test("gives a large tenant room, and one without access none", () => {
    const large = look({ files: { ...files, usedMiB: 9000 }, pgs: { ...pgs, access: false } });
    expect(planned({ looks: [large] }).tenants[0]?.entry).toEqual({
      ...entry,
      disk: "18 GB",
      access: { enabled: false },
    });
  });

  test("goes on with a tenant that was taken over before, whose container may be gone", () => {
    const begun = look({ files: { ...files, adopted: true }, container: undefined, cluster: undefined });
    const stack = { domain: "pgs.example.com", port: 6432, isInUse: true };
    const plan = planned({ looks: [begun], listed: [imported], stack, router: undefined });
    expect(plan).toMatchObject({ tenants: [{ takeFrom: undefined }], settings: [], stop: [] });
  });

  test.each<[string, Partial<LookedAt>, string]>([
    ["no container", { container: undefined, volume: undefined }, "got no container pgs_acme on this engine"],
    [
      "no volume",
      { container: { ...container, mounts: [{ Destination: "/data" }] }, volume: undefined },
      "got volumes at /data in pgs_acme",
    ],
    ["a volume that is gone", { files: undefined }, "got no volume pgs_pgdata_1 on this engine"],
    ["an anonymous volume", { volume: "0".repeat(64) }, "got its data in an anonymous volume"],
    [
      "an older version",
      { files: { ...files, clusters: ["version 16 in ."] } },
      "got version 16 in . on the volume pgs_pgdata_1, expected version 18",
    ],
    [
      "nothing",
      { files: { ...files, clusters: [] } },
      "got no cluster on the volume pgs_pgdata_1, expected version 18 in ./18/docker; upgrade",
    ],
    ["an image based on Alpine", { files: { ...files, clusters: [], uid: "70" } }, "got files of the user 70"],
    [
      "a stopped server",
      { container: { ...container, state: "exited" }, cluster: undefined },
      "got the container pgs_acme exited, expected it to run",
    ],
    ["somebody else on the volume", { strangers: ["other"] }, "got the container other on the volume pgs_pgdata_1"],
    ["a short password", { pgs: { ...pgs, password: "short" } }, "passwords.acme: got a password of 5 characters"],
    [
      "another password than the server's",
      { pgs: { ...pgs, password: "another-one-than-the-server's" } },
      "got another password in docker-compose.yml than postgres has",
    ],
    [
      "another database",
      { pgs: { ...pgs, database: "other" } },
      "got the databases acme-db, expected other among them",
    ],
    [
      "what stands against it in the cluster",
      { cluster: clusterLook({ slots: ["old"] }) },
      "got the replication slots old",
    ],
    [
      "a volume that another list has",
      { files: { ...files, adopted: true } },
      "got the volume pgs_pgdata_1, which pgtenants has taken over",
    ],
  ])("refuses %s", (_, over, message) => {
    const said = refused({ looks: [look(over)] });
    expect(said).toContain(`acme: ${message}`);
    expect(said).not.toContain(over.pgs?.password ?? password);
  });

  test("refuses to begin where pgs's router is not found, which would keep the port", () => {
    expect(refused({ router: undefined })).toContain("docker-compose.yml: got no container for traefik on this engine");
  });

  test("refuses an id that is another tenant's, and a stack whose domain and port are other ones", () => {
    expect(refused({ listed: [tenant({ id: "acme" })] })).toContain("got an id that is in tenants.yaml already");
    const elsewhere = refused({ stack: { domain: "db.example.com", port: 5432, isInUse: true } });
    expect(elsewhere).toContain("dynamic.yml: got hosts below pgs.example.com, expected db.example.com");
    expect(elsewhere).toContain("docker-compose.yml: got the port 6432, expected 5432");
  });

  test("is rendered without a password", () => {
    const text = renderPlan(planned(), "pgs.example.com", 6432);
    expect(text).toMatch(/^acme +pgs_pgdata_1 +acme\.pgs\.example\.com:6432 +postgres +acme-db +40 MB$/m);
    expect(text).toContain("kept from starting again: pgs-router, pgs_acme");
    expect(text).not.toContain(password);
  });
});

describe("withEntries", () => {
  test("begins a list, which says what was meant", () => {
    expect(parseTenants(withEntries(undefined, [entry]), "tenants.yaml")).toMatchObject([
      { id: "acme", owner: "postgres", database: "acme-db", password: "custom", adoptedVolume: "pgs_pgdata_1" },
    ]);
  });

  test("adds to a list what it does not have, and leaves the rest as it is", () => {
    const text = "tenants:\n  # ours\n  - id: globex # first\n";
    const once = withEntries(text, [entry]);
    expect(once.startsWith(text)).toBe(true);
    expect(withEntries(once, [entry])).toBe(once);
  });
});

describe("the judgement of a cluster", () => {
  test("finds nothing in an ordinary one", () => {
    expect([
      ...refusalsOf(pgs, clusterLook()),
      ...changesFor(clusterLook()),
      ...collationWarnings(clusterLook(), "c"),
    ]).toEqual([]);
  });

  test("says what stands against it, all at once", () => {
    const found = clusterLook(
      { taken: ["pgtenants"], slots: ["old"], subscriptions: ["sub"], tablespaces: ["fast"], verifier: null },
      { untrusted: ["run(text)"] },
    );
    const said = refusalsOf(pgs, found).join("\n");
    for (const part of [
      "role pgtenants",
      "slots old",
      "subscriptions sub",
      "tablespaces fast",
      "run(text) in acme-db",
      "another password",
    ])
      expect(said).toContain(part);
  });

  test("says what changes", () => {
    const found = clusterLook(
      { powerful: ["second"], altered: ["work_mem"] },
      { stays: ["event trigger noted"], definers: ["who()"], policed: ["secrets"], collations: ["the default"] },
    );
    const strays = new Map([...found.databases, ["postgres", { ...inside, owned: { table: 2, view: 1 } }] as const]);
    const said = changesFor({ ...found, databases: strays }).join("\n");
    for (const part of [
      "replicas: second",
      "work_mem",
      "event trigger noted in acme-db",
      "who() in acme-db",
      "secrets in acme-db",
    ])
      expect(said).toContain(part);
    expect(said).toContain("2 × table, 1 × view in the database postgres");
    expect(planned({ looks: [look({ cluster: found })] }).tenants[0]?.changes).toEqual(changesFor(found));
    expect(collationWarnings(found, "pgtenants-prod.acme").join()).toContain('REINDEX DATABASE "acme-db"');
  });

  test("adds up what the superuser owns", () => {
    const databases = new Map(["a", "b"].map((name) => [name, { ...inside, owned: { table: 1, function: 2 } }]));
    expect(ownedIn({ ...clusterLook(), databases }, ["a", "b"])).toBe("2 × table, 4 × function");
    expect(ownedIn({ ...clusterLook(), databases }, [])).toBe("");
  });
});

describe("isPasswordOf", () => {
  test("knows SCRAM and MD5 verifiers from those of other passwords", () => {
    const printable = fc.string({ unit: "grapheme-ascii", minLength: 1 });
    fc.assert(
      fc.property(printable, printable, (given, other) => {
        const md5 = `md5${createHash("md5").update(`${given}postgres`).digest("hex")}`;
        for (const verifier of [scramVerifier("host", given), md5]) {
          expect(isPasswordOf(verifier, "postgres", given)).toBe(true);
          expect(isPasswordOf(verifier, "postgres", other)).toBe(given === other);
        }
      }),
      { numRuns: 20 },
    );
    expect(isPasswordOf(null, "postgres", "")).toBe(false);
  });
});

test("parseLook reads what the script prints", () => {
  const clusters = ["version 18 in ./18/docker", "version 16 in ./data"];
  const printed = [...clusters, "uid 999", "adopted", "used 52"].join("\n");
  expect(parseLook(printed)).toEqual({ clusters, uid: "999", usedMiB: 52, adopted: true });
  expect(parseLook("used 1")).toEqual({ clusters: [], uid: undefined, usedMiB: 1, adopted: false });
});
