import * as pulumi from "@pulumi/pulumi";
import type { Tenant } from "../tenants/tenant.ts";
import { type AddressBook, placeTenants } from "./addresses.ts";
import { staleDrops, warnOfLockedOut } from "./declaredDrops.ts";
import { docker, dockerLines } from "./dockerCli.ts";
import { obstacles, overlappingNetworks } from "./engineChecks.ts";
import { endOf, hasExpired, madeToStay, overKeptData } from "./ephemeral.ts";
import type { LastDeployment, LastStack, LastTenant } from "./lastDeployment.ts";
import { missingBeginning } from "./missingBeginning.ts";
import { missingImages } from "./missingImages.ts";
import { poolerName } from "./names.ts";
import type { Listed, ListedTenant } from "./previewDatabases.ts";
import { type Restart, restarts } from "./restarts.ts";
import { refusedListener } from "./routerPort.ts";
import { orRunError, runError } from "./runError.ts";
import type { Settings } from "./settings.ts";
import { previousShared, sharedRefusals } from "./sharedAdmission.ts";
import { type PlacedShared, placePorts } from "./sharedPorts.ts";
import { parseUse, shrinking, tooSmall, unknownUse } from "./shrinking.ts";
import type { StaleQuestion } from "./staleBackups.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";
import { previousIdOf, previousOf, refusals, type Transition } from "./transitions.ts";
import { lostVolumes, orphanedVolumes, takenOver, unreadableBackups } from "./volumeChecks.ts";

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
  { servers: all, shared: allShared }: Listed,
  stack: LastStack,
  settings: Settings,
): Promise<Admitted> {
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

/** What the deployment comes to. */
interface Outcome {
  readonly placed: readonly PlacedTenant[];
  readonly restarting: readonly Restart[];
}

/**
 * A preview may run where there is no engine, or one without images and volumes: a build server that comments on a pull request. What is
 * missing there is a warning; the deployment itself asks again.
 */
async function askEngine(
  transition: Transition,
  { placed, restarting }: Outcome,
  settings: Settings,
): Promise<string[]> {
  const { last, names } = transition;
  const preview = pulumi.runtime.isDryRun();
  try {
    const [images, listing] = await Promise.all([
      missingImages(imagesOf(settings, placed), !preview),
      dockerLines("volume", "ls", "--format", "{{.Name}}"),
    ]);
    const volumes = new Set(listing);
    const missing = [...images, ...lostVolumes(transition, volumes)];
    for (const line of [
      ...takenOver(transition, volumes),
      ...unreadableBackups(transition, volumes),
      ...(preview ? missing : []),
    ])
      await pulumi.log.warn(line);
    return [
      ...(preview ? [] : missing),
      ...orphanedVolumes(transition, volumes),
      ...overKeptData(transition, volumes),
      ...(last.size === 0 ? await overlappingNetworks(settings.subnet, names) : []),
      ...(await obstacles({ ...transition, stack: settings.stack, volumes, preview })),
      ...(await belowUse(transition)),
      ...(await tooMuchMemory(placed, last, settings)),
      ...(await tooOldBackups({ ...transition, restarts: restarting })),
      ...(preview || missing.length > 0 ? [] : await refusedListener(settings)),
    ];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!preview) return [`Docker engine: ${reason}`];
    await pulumi.log.warn(
      `not checked, because the Docker engine cannot be asked: foreign volumes, limits below use, ages of backups, memory of the machine: ${reason}`,
    );
    return [];
  }
}

// What most deployments have no question for is loaded by those that do.

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

async function tooMuchMemory(
  placed: readonly PlacedTenant[],
  last: LastDeployment,
  settings: Settings,
): Promise<string[]> {
  if (settings.overcommit === undefined) return [];
  return (await import("./overcommit.ts")).askOvercommit(placed, last, settings);
}

async function tooOldBackups(question: StaleQuestion): Promise<string[]> {
  if (question.restarts.length === 0) return [];
  return (await import("./staleBackups.ts")).staleBackups(question);
}

function imagesOf(
  { postgresImage, traefikImage, offsite, offsiteImage, poolerImage }: Settings,
  placed: readonly PlacedTenant[],
) {
  const pooled = placed.some(({ poolerAddress, state }) => poolerAddress !== undefined && state === "running");
  return [
    postgresImage,
    traefikImage,
    ...(offsite === undefined ? [] : [offsiteImage]),
    ...(pooled ? [poolerImage] : []),
  ];
}

async function belowUse({ listed, last, names }: Transition): Promise<string[]> {
  const smaller = shrinking(listed, last);
  if (smaller.length === 0) return [];
  const running = new Set(await dockerLines("ps", "--format", "{{.Names}}"));
  const asked = smaller.map(async (tenant) => {
    const container = names.tenant(previousIdOf(tenant, last) ?? tenant.id);
    if (!running.has(container)) return unknownUse(tenant, last);
    return tooSmall(tenant, parseUse(await docker("exec", container, "/usr/local/lib/pgtenants/use.sh")));
  });
  return (await Promise.all(asked)).flat();
}

/** Gives tenants and their connection pools their addresses. */
function place(present: readonly ListedTenant[], last: LastDeployment, subnet: string): readonly PlacedTenant[] {
  const pools = present.flatMap(({ id, pooler, instance }) =>
    pooler === undefined && instance === undefined ? [] : [{ id: poolerName(id) }],
  );
  const addresses = new Map(
    placeTenants<{ readonly id: string }>(subnet, [...present, ...pools], addressBook(present, last)).map(
      ({ id, address }) => [id, address],
    ),
  );
  return present.map((tenant) => {
    const [address, poolerAddress] = [addresses.get(tenant.id), addresses.get(poolerName(tenant.id))];
    if (address === undefined) throw new Error(`no address for ${tenant.id}`);
    return { ...tenant, address, ...(poolerAddress === undefined ? {} : { poolerAddress }) };
  });
}

/** The addresses of the last deployment, also of tenants that go; a renamed tenant keeps those of its earlier id. */
function addressBook(present: readonly Tenant[], last: LastDeployment): AddressBook {
  const kept = present.flatMap((tenant) => addressesOf(tenant.id, previousOf(tenant, last)));
  const known = [...last].flatMap(([id, tenant]) => addressesOf(id, tenant));
  return Object.fromEntries([...known, ...kept]);
}

function addressesOf(id: string, known: LastTenant | undefined): (readonly [string, string | undefined])[] {
  const pooler = known?.poolerAddress;
  return [[id, known?.address], ...(pooler === undefined ? [] : [[poolerName(id), pooler] as const])];
}
