import * as pulumi from "@pulumi/pulumi";
import type { Tenant } from "../tenants/tenant.ts";
import { type AddressBook, placeTenants } from "./addresses.ts";
import { docker, obstacles } from "./engineChecks.ts";
import type { LastDeployment } from "./lastDeployment.ts";
import { orRunError, runError } from "./runError.ts";
import type { Settings } from "./settings.ts";
import { parseUse, shrinking, tooSmall } from "./shrinking.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";
import { previousOf, refusals } from "./transitions.ts";

/**
 * The tenants that are to exist, each at its address, when the list may follow the last deployment. A tenant that is to be removed and
 * was never made is left out.
 * @throws RunError with every reason at once, before anything is registered; nothing was changed then.
 */
export async function admitTenants(
  listed: readonly Tenant[],
  last: LastDeployment,
  settings: Settings,
): Promise<readonly PlacedTenant[]> {
  refuseAll([
    ...refusals({ ...settings, listed, last, now: new Date() }),
    ...listed.flatMap((tenant) => missingPassword(tenant, settings)),
  ]);
  const present = listed.filter((tenant) => tenant.state !== "removed" || previousOf(tenant, last) !== undefined);
  refuseAll(await askEngine(present, last, settings));
  return orRunError(() => placeTenants(settings.subnet, present, addressBook(present, last)));
}

function refuseAll(reasons: readonly string[]): void {
  if (reasons.length > 0) throw runError(reasons.join("\n"));
}

function missingPassword({ id, password }: Tenant, { tenantsFile, passwords }: Settings): string[] {
  if (password === "generated" || passwords.has(id)) return [];
  return [
    `${tenantsFile}: "${id}": got password: custom and no password in the stack's configuration; ` +
      `set it with: pulumi config set --secret --path 'passwords["${id}"]'`,
  ];
}

/** A preview may run where there is no engine: a build server that comments on a pull request. The deployment itself asks again. */
async function askEngine(present: readonly Tenant[], last: LastDeployment, settings: Settings): Promise<string[]> {
  const smaller = shrinking(present, last);
  try {
    const use = smaller.map(async (tenant) => {
      const container = settings.names.tenant(tenant.id);
      return tooSmall(tenant, parseUse(await docker("exec", container, "/usr/local/lib/pgtenants/use.sh")));
    });
    return [...(await obstacles({ ...settings, listed: present, last })), ...(await Promise.all(use)).flat()];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!pulumi.runtime.isDryRun()) return [`Docker engine: ${reason}`];
    await pulumi.log.warn(
      `not checked, because the Docker engine cannot be asked: foreign volumes, limits below use: ${reason}`,
    );
    return [];
  }
}

/** The addresses of the last deployment, also of tenants that go; a renamed tenant keeps the one of its earlier id. */
function addressBook(present: readonly Tenant[], last: LastDeployment): AddressBook {
  const kept = present.map((tenant) => [tenant.id, previousOf(tenant, last)?.address] as const);
  const known = [...last].map(([id, { address }]) => [id, address] as const);
  return Object.fromEntries([...known, ...kept]);
}
