import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTenants } from "../../../tenants/load.ts";
import { DATABASE_PATTERN, ID_PATTERN, whyDatabaseReserved, whyIdReserved } from "../../../tenants/names.ts";
import { refusal } from "../../support/fixtures/read.ts";

const withId = (id: string): string => JSON.stringify({ tenants: [{ id }] });
const withDatabase = (database: string): string => JSON.stringify({ tenants: [{ id: "acme", database }] });

describe("an id", () => {
  // The last four are words that YAML 1.1 or a plain reading would turn into something else than text.
  test.each(["abc", "acme", "a-b", "acme-2", `a${"b".repeat(39)}`, "postgres-1", "mypg", "off", "yes", "null", "true"])(
    "may be %j",
    (id) => {
      expect(parseTenants(withId(id), "tenants.yaml")).toMatchObject([{ id, owner: id.replaceAll("-", "_") }]);
    },
  );

  test.each([
    "",
    "a",
    "ab",
    "no",
    "on",
    `a${"b".repeat(40)}`,
    "1acme",
    "-acme",
    "acme-",
    "a--b",
    "xn--acme",
    "acme_eu",
  ])("may not be %j", (id) => {
    expect(refusal(withId(id)).message).toContain("expected an id of 3 to 40 characters");
  });

  test.each([
    "Acme",
    "ACME",
    "acme.eu",
    "acme eu",
    "1e3",
    "0777",
    "2024-01-01",
    "*",
    "*.acme",
    ".",
    "..",
    "acme\u00e9",
  ])("may not be %j either", (id) => {
    expect(refusal(withId(id)).message).toContain("expected an id of 3 to 40 characters");
  });

  test.each(
    "postgres template0 template1 public none root admin traefik www localhost default all replication".split(" "),
  )("may not be the reserved %s", (id) => {
    expect(refusal(withId(id)).message).toContain("not reserved");
  });

  test.each(
    "sameuser samerole constructor prototype pg-acme pg-catalog current-user acme-pooler acme-traefik".split(" "),
  )("may not be the reserved %s either", (id) => {
    expect(refusal(withId(id)).message).toContain("not reserved");
  });

  test("is refused as __proto__, too", () => {
    expect(refusal('tenants: [{ id: "__proto__" }]').message).toContain('got "__proto__", expected an id');
  });

  test.each([
    ["Acme_Corp", 'write "acme-corp"'],
    [" acme ", 'write "acme"'],
    ["acme.eu", 'write "acme-eu"'],
    ["Postgres", 'choose an id such as "acme"'],
    ["1acme", 'choose an id such as "acme"'],
  ])("such as %j is refused with the advice: %s", (id, advice) => {
    expect(refusal(withId(id)).message).toContain(advice);
  });
});

const idLike = fc.stringMatching(/^[a-z][a-z0-9-]{1,38}[a-z0-9]$/);

test("whatever id is accepted, every name made of it fits and is free", () => {
  let accepted = 0;
  fc.assert(
    fc.property(idLike, (id) => {
      fc.pre(ID_PATTERN.test(id) && whyIdReserved(id) === undefined);
      accepted++;
      const [tenant] = parseTenants(withId(id), "tenants.yaml");
      expect(tenant?.owner).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
      expect(tenant?.owner).not.toMatch(/^pg_/);
      expect(tenant?.database).toMatch(DATABASE_PATTERN);
      expect(whyDatabaseReserved(tenant?.database ?? "")).toBeUndefined();
      // A DNS label has 63, and so has a name on the engine; components/names.ts allows a stack 12 of them.
      expect(`${id}-pooler`.length).toBeLessThanOrEqual(63);
      expect(`pgtenants-${"s".repeat(12)}.${id}`.length).toBeLessThanOrEqual(63);
    }),
  );
  expect(accepted).toBeGreaterThan(50);
});

test("whatever the text, it is accepted as an id exactly when it has the form and is free", () => {
  fc.assert(
    fc.property(fc.oneof(idLike, fc.string({ unit: "binary", maxLength: 50 })), (id) => {
      const fits = /^[a-z][a-z0-9-]{1,38}[a-z0-9]$/.test(id) && !id.includes("--") && whyIdReserved(id) === undefined;
      if (fits) expect(parseTenants(withId(id), "f")).toHaveLength(1);
      else expect(refusal(withId(id)).name).toBe("TenantsFileError");
    }),
  );
});

describe("a database", () => {
  test.each(["a", "orders", "orders_2", "acme-orders", "a-", "admin", `a${"b".repeat(62)}`])(
    "may be %j",
    (database) => {
      expect(parseTenants(withDatabase(database), "tenants.yaml")).toMatchObject([{ database, owner: "acme" }]);
    },
  );

  test.each(["", "Orders", "1st", "_orders", "-orders", "a b", 'a"b', `a${"b".repeat(63)}`])(
    "may not be %j",
    (database) => {
      expect(refusal(withDatabase(database)).message).toContain("expected a database name of 1 to 63 characters");
    },
  );

  test.each(["postgres", "template0", "template1", "pgbouncer", "all", "sameuser", "samerole", "replication"])(
    "may not be the reserved %s",
    (database) => {
      expect(refusal(withDatabase(database)).message).toContain("not reserved");
    },
  );
});

describe("a user", () => {
  const withUser = (user: string): string => JSON.stringify({ tenants: [{ id: "acme", user }] });

  test.each(["a", "app", "app_2", "postgres", "admin", `a${"b".repeat(62)}`])("may be %j", (user) => {
    expect(parseTenants(withUser(user), "f")).toMatchObject([{ owner: user, database: "acme" }]);
  });

  test.each(["", "App", "1st", "_app", "app-2", "a b", 'a"b', `a${"b".repeat(63)}`])("may not be %j", (user) => {
    expect(refusal(withUser(user)).message).toContain("expected a role name of 1 to 63 characters");
  });

  test.each([
    "pgtenants",
    "pgtenants_app",
    "pg_monitor",
    "pg_x",
    "public",
    "none",
    "current_user",
    "session_user",
    "all",
  ])("may not be the reserved %s", (user) => {
    expect(refusal(withUser(user)).message).toContain("not reserved");
  });
});

describe("a volume", () => {
  const withVolume = (volume: string): string => JSON.stringify({ tenants: [{ id: "acme", volume }] });

  test.each(["pgs_acme", "Acme.Data-1", "0f", "pgtenants_acme", `v${"b".repeat(127)}`])("may be %j", (volume) => {
    expect(parseTenants(withVolume(volume), "f")).toMatchObject([{ adoptedVolume: volume }]);
  });

  test.each(["", "v", "_v", ".v", "my volume", "./data", "acme:ro", "acme,ro", `v${"b".repeat(128)}`])(
    "may not be %j, and no other name is guessed",
    (volume) => {
      expect(refusal(withVolume(volume)).message).toMatch(
        /expected the name of a volume .*; write the name of another/,
      );
    },
  );

  test.each(["pgtenants-dev.acme", "pgtenants-dev"])("of ours, such as %s, is not taken over", (volume) => {
    expect(refusal(withVolume(volume)).message).toContain("begins like the names of our own volumes");
  });
});
