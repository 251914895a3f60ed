import type * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { TenantDatabase } from "../../components/tenantDatabase.ts";
import { registeredBy } from "../support/mocks.ts";
import { databaseArgs, tenant } from "../support/tenants.ts";

test.each([
  ["that is filled is a copy: told of to nobody, and goes with its data", { standby: "target" }, false, false, true],
  ["that is kept is told of to nobody, and stays", { standby: "source" }, false, true, false],
  ["of its own stays", {}, true, true, false],
] as const)("a server %s", async (_, differences, exists, isKept, isCopy) => {
  const options = new Map<string, pulumi.CustomResourceOptions>();
  let database: TenantDatabase | undefined;
  await registeredBy(() => {
    const transform = ({ name, opts }: pulumi.ResourceTransformationArgs) => {
      options.set(name, opts);
      return undefined;
    };
    database = new TenantDatabase("acme", databaseArgs(tenant(differences)), { transformations: [transform] });
  });
  for (const name of ["acme-data", "acme-backups", "acme-backup-key"])
    expect(options.get(name)).toMatchObject({ protect: isKept, retainOnDelete: isKept });
  // What goes has no copies elsewhere: the off-site container would hold its volume.
  expect({ exists: database?.exists, isCopy: database?.ephemeral }).toEqual({ exists, isCopy });
});
