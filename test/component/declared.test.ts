import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { scramVerifier } from "../../components/scramVerifier.ts";
import { statementsFiles } from "../../components/statements.ts";
import type { TenantConnections } from "../../components/tenantConnections.ts";
import { TenantDatabase } from "../../components/tenantDatabase.ts";
import { limitsOf } from "../../components/tenantSpec.ts";
import { declaredRole, declaring } from "../support/declared.ts";
import { canary, registeredBy } from "../support/mocks.ts";
import { databaseArgs, lastTenant, tenant } from "../support/tenants.ts";

const roles = [declaredRole(), declaredRole({ name: "team", login: false })];
const declared = declaring({ roles });

test("a tenant that declares roles has a password more for each that logs in, and nothing else", async () => {
  const resources = await registeredBy(() => new TenantDatabase("acme", databaseArgs(tenant({ declared }))));
  expect(resources.map(({ name }) => name)).toEqual([
    "acme",
    "acme-backup-key",
    "acme-backups",
    "acme-data",
    "acme-password",
    "acme-reporting-login",
    "acme-server",
    "acme-sql",
  ]);
});

test("its step says what is declared, and no verifier; what was put right is shown only where something was", async () => {
  const stepOf = async (repair?: string) => {
    const one = tenant({ declared, ...(repair === undefined ? {} : { repair }) });
    const resources = await registeredBy(() => new TenantDatabase("acme", databaseArgs(one)));
    return resources.find(({ name }) => name === "acme-sql");
  };
  const step = await stepOf();
  const environment = Object(step?.plain["environment"]);
  expect(JSON.parse(environment.DECLARED)).toEqual(JSON.parse(JSON.stringify(declared)));
  expect(JSON.parse(environment.LOOKED_AT)).toEqual({
    ...{ owner: "acme", database: "acme", access: { login: true } },
    limits: limitsOf(tenant()),
  });
  expect(environment.STATEMENTS).toBe(
    `${statementsFiles(undefined).join(" ")} ` +
      "components/declaredInside.sql components/declaredGrants.sql components/declaredLeave.sql " +
      "components/closing.sql components/freeze.sql components/closed.sql",
  );
  expect(environment).not.toHaveProperty("REPAIR");
  expect(step?.secrets).toEqual(["stdin"]);
  const [, salt = "", keys = ""] = scramVerifier("reporting@acme.db.example.com", canary).split("$");
  for (const secret of [canary, salt, keys]) expect(JSON.stringify(step?.plain)).not.toContain(secret);
  expect(Object((await stepOf("abc"))?.plain["environment"]).REPAIR).toBe("abc");
});

test("connection strings of roles are beside the tenant's own, secret, and there only for who has some", async () => {
  const stringsOf = async (differences: Parameters<typeof tenant>[0]) => {
    let secret: Promise<boolean> | undefined;
    let strings: Promise<TenantConnections> | undefined;
    await registeredBy(() => {
      const { connectionStrings } = new TenantDatabase("acme", databaseArgs(tenant(differences)));
      secret = pulumi.isSecret(connectionStrings);
      strings = new Promise((resolve) => connectionStrings.apply(resolve));
    });
    expect(await secret).toBe(true);
    return strings;
  };
  const all = await stringsOf({ declared });
  expect(Object.keys(all?.roles ?? {})).toEqual(["reporting"]);
  expect(all?.roles?.["reporting"]?.uri).toBe(
    `postgresql://reporting:${canary}@acme.db.example.com:5432/acme?sslmode=verify-full`,
  );
  expect(all?.roles?.["reporting"]?.pgService).toContain("[acme-reporting]");
  const { roles: _, ...own } = all ?? {};
  expect(await stringsOf({})).toEqual(own);
  expect(await stringsOf({})).not.toHaveProperty("roles");
});

test.each([
  ["in use", { declared }, 1, true],
  ["rotated", { declared: declaring({ roles: [declaredRole({ passwordVersion: 2 })] }) }, 1, false],
  ["without an entry", {}, 1, false],
  ["of a tenant that is let go of", { declared, state: "removed" }, 1, false],
] as const)(
  "the password of a role %s is kept; it is protected while it is in use",
  async (_, differences, version, isProtected) => {
    const protections = new Map<string, boolean | undefined>();
    await registeredBy(() => {
      const last = lastTenant({ declared, rolePasswords: new Map([["reporting", version]]) });
      const transform = ({ name, opts }: pulumi.ResourceTransformationArgs) => {
        protections.set(name, opts.protect);
        return undefined;
      };
      new TenantDatabase("acme", databaseArgs(tenant(differences), last), { transformations: [transform] });
    });
    expect(protections.get("acme-reporting-login")).toBe(isProtected);
  },
);

test("an import is told of the declared extensions that its role could not create, and of no others", async () => {
  const importFrom = { kind: "path", path: "./acme.dump" } as const;
  const told = async (names: readonly string[]) => {
    const extensions = names.map((name) => ({ name, droppedOn: undefined, version: undefined }));
    const declared = declaring({ databases: [{ name: "acme", droppedOn: undefined, extensions, schemas: [] }] });
    const resources = await registeredBy(
      () => new TenantDatabase("acme", databaseArgs(tenant({ importFrom, declared }))),
    );
    return Object(resources.find(({ name }) => name === "acme-import")?.plain["environment"]).EXTENSIONS;
  };
  expect(await told(["bloom", "citext", "pg_stat_statements", "vector"])).toBe("bloom vector");
  expect(await told(["citext"])).toBeUndefined();
});
