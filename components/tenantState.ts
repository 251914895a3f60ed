import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { loginRoles } from "../tenants/declared.ts";
import { isPassing } from "../tenants/standby.ts";
import { rolesWithPasswords } from "./declaredDrops.ts";
import { backupLabels, ownerLabels } from "./names.ts";
import type { Settings } from "./settings.ts";
import type { TenantDatabaseArgs } from "./tenantDatabase.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";
import type { Repository } from "./tenantServer.ts";
import { volumeOf } from "./transitions.ts";

/** Of the key that a repository is encrypted with: letters and digits that carry 285 bits, more than AES-256 can use. */
const keyLength = 48;

/** Password length. 32 letters and digits carry 190 bits and need no quoting in any client's configuration. */
const passwordLength = 32;

/** Carries the first id's name and label for good: neither can be changed. A volume that was taken over has none of our labels. */
export function createVolume(
  name: string,
  { tenant, settings }: TenantDatabaseArgs,
  opts: pulumi.CustomResourceOptions,
): docker.Volume {
  const labels = tenant.adoptedVolume === undefined ? { labels: ownerLabels(settings.stack, tenant.origin) } : {};
  return new docker.Volume(
    `${name}-data`,
    { name: volumeOf(tenant, settings.names), ...labels },
    // None of these can be changed in place: where they differ, on a volume from a copy for one, it must not be replaced for them.
    {
      ...opts,
      protect: isProtected(tenant, settings),
      retainOnDelete: isKept(tenant, settings) || tenant.adoptedVolume !== undefined,
      ignoreChanges: ["labels", "driver", "driverOpts"],
    },
  );
}

/** Whether data stays on the engine where its tenant goes. What a move fills, or has given up, is a copy. */
function isKept({ state, until, standby }: PlacedTenant, { deletionProtection }: Settings): boolean {
  return until === undefined && !isPassing(standby) && (deletionProtection || state === "removed");
}

/** The backups, in a volume of their own: what happens to the tenant's does not happen to them. They stay where the tenant goes. */
export function createRepository(
  name: string,
  { tenant, settings }: TenantDatabaseArgs,
  opts: pulumi.CustomResourceOptions,
): Repository {
  const state = { ...opts, protect: isProtected(tenant, settings), retainOnDelete: isKept(tenant, settings) };
  const volume = new docker.Volume(
    `${name}-backups`,
    { name: settings.names.backups(tenant.origin), labels: backupLabels(settings.stack, tenant.origin) },
    { ...state, ignoreChanges: ["labels", "driver", "driverOpts"] },
  );
  const key = new random.RandomPassword(
    `${name}-backup-key`,
    { length: keyLength, special: false },
    { ...state, additionalSecretOutputs: ["result", "bcryptHash"] },
  );
  return { volume, key: key.result };
}

/**
 * One for each declared role that logs in, and for each that did: a role whose entry is gone stays in the server. Those of the former alone are given out.
 */
export function createRolePasswords(
  name: string,
  { tenant, settings, last }: TenantDatabaseArgs,
  opts: pulumi.CustomResourceOptions,
): ReadonlyMap<string, pulumi.Output<string>> {
  const inUse = new Set(loginRoles(tenant.declared).map((role) => role.name));
  const made = [...rolesWithPasswords(tenant, last)].map(([role, version]) => {
    const before = last?.rolePasswords.get(role);
    const rotates = before !== undefined && before !== version;
    const { result } = new random.RandomPassword(
      `${name}-${role}-login`,
      { length: passwordLength, special: false, keepers: { version: String(version) } },
      {
        ...opts,
        protect: inUse.has(role) && isProtected(tenant, settings) && !rotates,
        deleteBeforeReplace: true,
        additionalSecretOutputs: ["result", "bcryptHash"],
      },
    );
    return [role, result] as const;
  });
  return new Map(made.filter(([role]) => inUse.has(role)));
}

/** Made also where a custom one is used, so that it is there again when that ends. */
export function createPassword(
  name: string,
  { tenant, settings, last }: TenantDatabaseArgs,
  opts: pulumi.CustomResourceOptions,
): random.RandomPassword {
  const version = String(tenant.passwordVersion);
  // The engine replaces no protected resource, so a rotation is the one deployment in which the password is not.
  const rotates = last?.passwordVersion !== undefined && last.passwordVersion !== tenant.passwordVersion;
  return new random.RandomPassword(
    `${name}-password`,
    { length: passwordLength, special: false, keepers: { version } },
    {
      ...opts,
      protect: isProtected(tenant, settings) && !rotates,
      // Else a deployment that fails would leave both in the state, which the engine cannot write when the tenant is renamed then.
      deleteBeforeReplace: true,
      additionalSecretOutputs: ["result", "bcryptHash"],
    },
  );
}

function isProtected(tenant: PlacedTenant, settings: Settings): boolean {
  const { state, until, standby } = tenant;
  return settings.deletionProtection && state !== "removed" && until === undefined && !isPassing(standby);
}

export function customPassword({ tenant, settings }: TenantDatabaseArgs): pulumi.Output<string> {
  const password = settings.passwords.get(tenant.id);
  if (password === undefined) throw new Error(`no password for ${tenant.id}: the list was not checked`);
  return pulumi.secret(password);
}
