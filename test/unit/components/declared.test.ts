import { describe, expect, test, vi } from "vitest";
import { lockedOut, rolesWithPasswords, staleDrops } from "../../../components/declaredDrops.ts";
import { type Difference, lookCommand, lookInput, parseLook } from "../../../components/declaredLook.ts";
import { declaredSpecOf, withoutVerifiers } from "../../../components/declaredSpec.ts";
import { stackNames } from "../../../components/names.ts";
import { askRepairs, deployedAs, repairOf } from "../../../components/repairs.ts";
import { statementsFiles } from "../../../components/statements.ts";
import { limitsOf, noLimits, parseTenantSpec, renderTenantSpec } from "../../../components/tenantSpec.ts";
import { declaredRole, declaring } from "../../support/declared.ts";
import { lastTenant, tenant } from "../../support/tenants.ts";

const gone = "2026-11-21";
const all = declaring({
  databases: [
    {
      name: "acme",
      droppedOn: undefined,
      extensions: [
        { name: "citext", droppedOn: undefined, version: "1.6" },
        { name: "vector", droppedOn: gone, version: undefined },
      ],
      schemas: [{ name: "old", droppedOn: gone, owner: "acme" }],
    },
    { name: "analytics", droppedOn: undefined, extensions: [], schemas: [] },
    {
      name: "mart",
      droppedOn: undefined,
      extensions: [{ name: "vector", droppedOn: undefined, version: undefined }],
      schemas: [],
    },
    { name: "past", droppedOn: gone, extensions: [], schemas: [{ name: "inner", droppedOn: gone, owner: "acme" }] },
  ],
  settings: { reload: { work_mem: "8MB" }, restart: { max_locks_per_transaction: "50" } },
});
const withRoles = declaring({
  ...all,
  roles: [declaredRole({ readOnly: true }), declaredRole({ name: "former", droppedOn: gone })],
});
const verifier = "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy";

describe("what the statements are told", () => {
  test("is what there is to be, what not, and where", () => {
    expect(declaredSpecOf(all, new Map())).toStrictEqual({
      roles: [],
      databases: [{ name: "analytics" }, { name: "mart" }],
      inside: ["acme", "mart"],
      contents: [
        { name: "acme", extensions: [{ name: "citext", version: "1.6", trusted: true }], schemas: [] },
        { name: "mart", extensions: [{ name: "vector", trusted: false }], schemas: [] },
      ],
      absent: [
        { kind: "database", name: "past", confirmed: gone },
        { kind: "schema", name: "old", database: "acme", confirmed: gone },
        { kind: "extension", name: "vector", database: "acme", confirmed: gone },
      ],
      settings: { work_mem: "8MB" },
    });
  });

  test("roles are for every database, and their verifiers go by themselves", () => {
    const spec = declaredSpecOf(withRoles, new Map([["reporting", verifier]]));
    expect(spec.inside).toEqual(["acme", "analytics", "mart"]);
    expect(spec.roles).toStrictEqual([
      { name: "reporting", login: true, readOnly: true, inRoles: [], connectionLimit: 40, verifier },
    ]);
    expect(spec.absent.filter(({ kind }) => kind === "role")).toEqual([
      { kind: "role", name: "former", confirmed: gone },
    ]);
    expect(withoutVerifiers(spec)).toStrictEqual(declaredSpecOf(withRoles, new Map()));
  });

  test("comes back from its line as it was", () => {
    const declared = declaredSpecOf(withRoles, new Map([["reporting", verifier]]));
    const spec = {
      owner: "acme",
      verifier,
      database: "acme",
      connectionLimit: 40,
      access: { login: true, allow: [] },
      settings: {},
      declared,
      limits: noLimits,
    };
    expect(parseTenantSpec(renderTenantSpec(spec).trimEnd())).toStrictEqual(spec);
  });
});

describe("the statements", () => {
  const forAll = ["tenant", "pooler", "limits", "closing", "freeze", "closed", "declared"].map(
    (name) => `components/${name}.sql`,
  );

  test("of a tenant that declares nothing are those of all", () => {
    expect(statementsFiles(undefined)).toEqual(forAll);
  });

  test("come once for each database that there is something to do in, and with those that drop where something goes", () => {
    const inside = ["Inside", "Grants", "Leave"].map((part) => `components/declared${part}.sql`);
    const files = (declared: typeof all) => statementsFiles(declaredSpecOf(declared, new Map())).slice(forAll.length);
    const closing = ["closing", "freeze", "closed"].map((name) => `components/${name}.sql`);
    expect(files(declaring())).toEqual(closing);
    expect(files(all)).toEqual([
      ...inside,
      ...inside,
      "components/declaredAbsent.sql",
      ...closing,
      ...closing,
      ...closing,
    ]);
    expect(files(declaring({ roles: [declaredRole()] }))).toEqual([...inside, ...closing]);
  });
});

describe("a look", () => {
  const spec = declaredSpecOf(withRoles, new Map([["reporting", verifier]]));
  const input = lookInput({
    owner: "acme",
    database: "acme",
    access: { login: true },
    declared: spec,
    limits: noLimits,
  });

  test("knows no secret, may only read, and drops nothing", () => {
    expect(input).not.toContain(verifier.slice(-8));
    expect(input).not.toContain("DROP DATABASE");
    expect(lookCommand("c").join(" ")).toContain("-c default_transaction_read_only=on");
    expect(lookCommand("c").join(" ")).not.toContain("reporting");
  });

  test("prints a line for each difference", () => {
    const difference = { kind: "declared-role", name: "role a", found: "none", expected: "one" };
    expect(parseLook(`${JSON.stringify(difference)}\n\n`)).toEqual([difference]);
    expect(() => parseLook('{"kind":"other"}')).toThrow();
    expect(() => parseLook("ERROR")).toThrow();
  });
});

describe("REPAIR", () => {
  const found: Difference = { kind: "declared-role", name: "role a", found: "none", expected: "one" };

  test("stays where nothing is to be put right", () => {
    for (const last of [undefined, "0123456789abcdef"]) {
      expect(repairOf(last, [])).toBe(last);
      expect(repairOf(last, [{ ...found, kind: "declared-absent" }])).toBe(last);
    }
  });

  test("is another one each time that something is, also the same thing again, and the same while nothing was deployed", () => {
    const first = repairOf(undefined, [found]);
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    expect(repairOf(undefined, [found])).toBe(first);
    expect(repairOf(first, [found])).not.toBe(first);
    expect(repairOf(undefined, [{ ...found, name: "role b" }])).not.toBe(first);
  });
});

describe("who declares something", () => {
  const acme = tenant({ declared: all });
  const ask = (last: ReturnType<typeof lastTenant>, ...listed: ReturnType<typeof tenant>[]) =>
    askRepairs(listed, new Map([["acme", last]]), stackNames("dev"));

  test("keeps what there was where the engine cannot be asked, as at a preview elsewhere", async () => {
    vi.stubEnv("PATH", "/nowhere");
    try {
      expect(await ask(lastTenant({ declared: all, repair: "0123456789abcdef" }), acme)).toEqual(
        new Map([["acme", "0123456789abcdef"]]),
      );
      expect(await ask(lastTenant({ declared: all }), acme)).toEqual(new Map());
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("is asked by what was deployed: an edit of access, role, database or limits is no change by hand", () => {
    const access = { ...acme.access, enabled: false };
    const edited = tenant({ owner: "shop", database: "shop", access, readOnly: true });
    const lookedAt = { owner: "acme", database: "acme", access: { login: true }, limits: noLimits };
    expect(deployedAs(edited, lastTenant({ lookedAt }))).toEqual(lookedAt);
    expect(deployedAs(edited, lastTenant())).toEqual({
      ...{ owner: "shop", database: "shop", access: { login: false } },
      limits: limitsOf(edited),
    });
  });

  test("is asked only where it runs; who declares nothing has none, also where it had", async () => {
    const last = lastTenant({ declared: all, repair: "0123456789abcdef" });
    expect(await ask(last, tenant(), tenant({ id: "hooli", declared: all, state: "stopped" }))).toEqual(new Map());
  });
});

describe("a confirmation of a drop", () => {
  const stale = (now: string, last = lastTenant()) =>
    staleDrops({
      listed: [tenant({ declared: declaring({ roles: [declaredRole({ droppedOn: gone })] }) })],
      last: new Map([["acme", last]]),
      tenantsFile: "f",
      now: new Date(now),
    });

  test("counts for two weeks", () => {
    expect(stale("2026-11-21T00:00:00Z")).toEqual([]);
    expect(stale("2026-12-05T00:00:00Z")).toEqual([]);
    expect(stale("2026-12-06T00:00:00Z")).toEqual([
      'f: "acme": got a drop of the role reporting that was confirmed on 2026-11-21, expected one of the last 14 days; write "confirm: reporting 2026-12-06"',
    ]);
    expect(stale("2026-11-19T00:00:00Z")).toHaveLength(1);
  });

  test("may stay in the file for ever once it was deployed, but not for another thing", () => {
    const deployed = (name: string) => lastTenant({ dropped: [{ kind: "role", name, confirmed: gone }] });
    expect(stale("2027-12-06T00:00:00Z", deployed("reporting"))).toEqual([]);
    expect(stale("2027-12-06T00:00:00Z", deployed("other"))).toHaveLength(1);
  });
});

describe("passwords of roles", () => {
  const last = lastTenant({
    declared: declaring({ roles: [declaredRole(), declaredRole({ name: "former", droppedOn: gone })] }),
    dropped: [{ kind: "role", name: "former", confirmed: gone }],
    rolePasswords: new Map([
      ["reporting", 1],
      ["former", 3],
    ]),
  });
  const named = (...roles: ReturnType<typeof declaredRole>[]) => tenant({ declared: declaring({ roles }) });

  test.each([
    ["of a role that logs in", named(declaredRole({ passwordVersion: 2 })), { reporting: 2 }],
    ["of one whose entry is gone", tenant(), { reporting: 1 }],
    ["of one that may no longer log in", named(declaredRole({ login: false })), { reporting: 1 }],
    [
      "of one that is dropped by this deployment, and while its entry stays",
      named(declaredRole({ name: "former", droppedOn: gone })),
      { former: 3, reporting: 1 },
    ],
  ])("are kept %s", (_, now, expected) => {
    expect(Object.fromEntries(rolesWithPasswords(now, last))).toEqual(expected);
  });

  test("none of a new tenant that declares none, nor of a role that never logs in", () => {
    expect(rolesWithPasswords(tenant(), undefined).size).toBe(0);
    expect(rolesWithPasswords(named(declaredRole({ login: false })), undefined).size).toBe(0);
  });

  test("of whom it is told that they can no longer log in", () => {
    expect(lockedOut(tenant(), last)).toEqual(["reporting"]);
    expect(lockedOut(named(declaredRole()), last)).toEqual([]);
    expect(lockedOut(tenant(), lastTenant())).toEqual([]);
  });
});
