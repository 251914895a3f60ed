import * as pulumi from "@pulumi/pulumi";
import type { Tenant } from "../tenants/tenant.ts";
import { staleDrops, warnOfLockedOut } from "./declaredDrops.ts";
import { askEngine } from "./engineAdmission.ts";
import { endOf, hasExpired, madeToStay } from "./ephemeral.ts";
import type { LastDeployment, LastStack } from "./lastDeployment.ts";
import { missingBeginning } from "./missingBeginning.ts";
import { place } from "./placement.ts";
import type { Listed, ListedTenant } from "./previewDatabases.ts";
import { restarts } from "./restarts.ts";
import { orRunError, runError } from "./runError.ts";
import type { Settings } from "./settings.ts";
import { previousShared, sharedRefusals } from "./sharedAdmission.ts";
import { type PlacedShared, placePorts } from "./sharedPorts.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";
import { previousOf, refusals } from "./transitions.ts";

/** Who is to exist, and whose time is up while its entry is still in the file. */
interface Admitted {
  readonly placed: readonly PlacedTenant[];
  /** Those on instances. */
  readonly shared: readonly PlacedShared[];
  readonly expired: readonly { readonly id: string; readonly until: string }[];
}

/**
 * The tenants that are to exist, each at its address, when the list may follow the last deployment. A tenant that is to be removed and
 * was never made is left out.
 * @throws RunError with every reason at once, before anything is registered; nothing was changed then.
 */
export async function admitTenants(
  { servers, shared: ownShared, beside }: Listed,
  stack: LastStack,
  settings: Settings,
): Promise<Admitted> {
  const all: readonly ListedTenant[] = [...servers, ...beside.servers];
  const allShared = [...ownShared, ...beside.shared];
  const last = stack.tenants;
  const now = new Date();
  const listed = all.filter((tenant) => !hasExpired(tenant, last, now));
  await warnOfExpired(all, listed, settings);
  const transition = { ...settings, listed, shared: allShared, last, now };
  refuseAll([
    ...refusals(transition),
    ...staleDrops(transition),
    ...sharedRefusals({ shared: allShared, servers: listed, last, lastShared: stack.shared, now }, settings),
    ...madeToStay(transition),
    ...listed.flatMap((tenant) => [...missingPassword(tenant, settings), ...leftCertificate(tenant, settings)]),
    ...listed.flatMap((tenant) => (previousOf(tenant, last) === undefined ? missingBeginning(tenant, settings) : [])),
  ]);
  await warnOfSharedKey(listed, settings);
  await warnOfLockedOut(listed, transition);
  const present = listed.filter((tenant) => tenant.state !== "removed" || previousOf(tenant, last) !== undefined);
  const placed = orRunError(() => place(present, last, settings.subnet));
  const shared = placePorts(
    allShared.filter((tenant) => tenant.state !== "removed" || previousShared(tenant, stack.shared) !== undefined),
    stack.shared,
  );
  const outcome = { placed, restarting: restarts(placed, stack, settings) };
  refuseAll(await askEngine({ ...transition, listed: present }, outcome, settings));
  const repairs = await repairsOf(placed, last, settings);
  return {
    placed: placed.map((tenant) => ({ ...tenant, ...untilOf(tenant, last, now), ...repairs(tenant.id) })),
    shared,
    expired: all.flatMap((tenant) => {
      const { until } = untilOf(tenant, last, now);
      return listed.includes(tenant) || tenant.entry !== undefined || until === undefined
        ? []
        : [{ id: tenant.id, until }];
    }),
  };
}

function untilOf(tenant: Tenant, last: LastDeployment, now: Date): { readonly until?: string } {
  const until = endOf(tenant, last, now);
  return until === undefined ? {} : { until };
}

async function warnOfExpired(
  all: readonly ListedTenant[],
  listed: readonly ListedTenant[],
  { tenantsFile }: Settings,
): Promise<void> {
  for (const tenant of all.filter((tenant) => !listed.includes(tenant))) {
    const mend = tenant.entry === undefined ? `; take its entry out of ${tenantsFile}` : "";
    await pulumi.log.warn(`"${tenant.id}" has lived as long as it was to, and goes with its data${mend}`);
  }
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

/** A renamed tenant whose certificate stayed with its earlier id would get the wildcard's private key instead. */
function leftCertificate({ id, formerIds, tls }: Tenant, { tenantCertificates }: Settings): string[] {
  const former = formerIds.find((name) => tenantCertificates.has(name));
  if (tls === "terminate" || former === undefined || tenantCertificates.has(id)) return [];
  return [
    `tenantCertificates: got a certificate for "${former}", which is called "${id}" now, expected one for "${id}"; ` +
      `set it with: pulumi config set --path tenantCertificates.${id}.certificateFile <path>, the same for keyFile, ` +
      `and then: pulumi config rm --path tenantCertificates.${former}`,
  ];
}

/** The wildcard's key in one tenant's volume: whoever breaks into that server can pose as every other tenant's. */
async function warnOfSharedKey(
  listed: readonly Tenant[],
  { tenantsFile, tenantCertificates }: Settings,
): Promise<void> {
  const sharing = listed.filter(
    ({ id, tls, state }) => tls === "passthrough" && state === "running" && !tenantCertificates.has(id),
  );
  const [first] = sharing;
  if (first === undefined) return;
  await pulumi.log.warn(
    `${tenantsFile}: tls: passthrough without a certificate of its own puts the wildcard's private key into the volume of ` +
      `${sharing.map(({ id }) => id).join(", ")}; give it one with: pulumi config set --path tenantCertificates.${first.id}.certificateFile <path>, ` +
      "and the same for keyFile",
  );
}

// Loaded by those that declare something.
async function repairsOf(
  placed: readonly PlacedTenant[],
  last: LastDeployment,
  { names }: Settings,
): Promise<(id: string) => { readonly repair?: string }> {
  if (placed.every(({ declared }) => declared === undefined)) return () => ({});
  const repairs = await (await import("./repairs.ts")).askRepairs(placed, last, names);
  return (id) => {
    const repair = repairs.get(id);
    return repair === undefined ? {} : { repair };
  };
}
