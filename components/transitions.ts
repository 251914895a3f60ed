import type { Tenant } from "../tenants/tenant.ts";
import type { LastDeployment, LastTenant } from "./lastDeployment.ts";
import type { StackNames } from "./names.ts";

/** How long what was confirmed may wait for its deployment, in days: a review takes some of them, a forgotten branch all. */
export const confirmationDays = 14;

/** What decides whether a list may follow the last deployment. */
export interface Transition {
  readonly listed: readonly Tenant[];
  /** Tenants on instances: what became of one that has a server of its own is said in sharedAdmission.ts, and what of an instance. */
  readonly shared?: readonly Pick<Tenant, "id" | "formerIds">[];
  readonly last: LastDeployment;
  readonly names: StackNames;
  readonly tenantsFile: string;
  readonly deletionProtection: boolean;
  readonly now: Date;
}

/** The name of a tenant's volume on the engine. It stays the same for the whole of the tenant's life. */
export function volumeOf(tenant: Pick<Tenant, "origin" | "adoptedVolume">, names: StackNames): string {
  return tenant.adoptedVolume ?? names.tenant(tenant.origin);
}

/** The id under which the last deployment knows a tenant: its own or an earlier one; undefined for a new tenant. */
export function previousIdOf(
  { id, formerIds }: Pick<Tenant, "id" | "formerIds">,
  last: LastDeployment,
): string | undefined {
  return [id, ...formerIds.toReversed()].find((name) => last.has(name));
}

/** What the last deployment knows of a tenant, under its id or an earlier one. */
export function previousOf(tenant: Pick<Tenant, "id" | "formerIds">, last: LastDeployment): LastTenant | undefined {
  const id = previousIdOf(tenant, last);
  return id === undefined ? undefined : last.get(id);
}

/**
 * Why a list must not follow the last deployment; empty when it may. Each line says what was got, what was expected and what to write.
 * A tenant that vanished, data that would be left behind, and a removal whose confirmation is old are slips until the file says otherwise.
 */
export function refusals(transition: Transition): string[] {
  return [
    ...vanished(transition),
    ...movedData(transition),
    ...movedBackups(transition),
    ...staleConfirmations(transition),
    ...twice(transition),
    ...withoutSource(transition),
  ];
}

/** A deleted or misspelt entry must not take a customer's database down. Without deletion protection it does. */
function vanished({ listed, shared = [], last, names, tenantsFile, deletionProtection, now }: Transition): string[] {
  if (!deletionProtection) return [];
  const known = new Set([...listed, ...shared].flatMap(({ id, formerIds }) => [id, ...formerIds]));
  return [...last]
    .filter(
      ([id, { state, until, instance }]) =>
        !known.has(id) && state !== "removed" && until === undefined && instance === undefined,
    )
    .map(([id, { volume = names.tenant(id) }]) => {
      const same = [`id: ${id}`, ...leadingTo(volume, { id, formerIds: [] }, names)];
      const whole = same.length === 1 ? same[0] : `{ ${same.join(", ")} }`;
      const renamed = leadingTo(volume, { id: undefined, formerIds: [id] }, names);
      return (
        `${tenantsFile}: got a list without "${id}", expected every tenant of this stack; put back "- ${whole}". ` +
        `To remove it and keep its data: "- ${removal(volume, id, names, now)}". ` +
        `If it has another id now: "${renamed.join(", ")}" in that entry`
      );
    });
}

/**
 * The tenants with those first that were never made: the engine takes steps in the order in which it hears of them, and theirs take longest,
 * so a new tenant answers sooner than the others' steps have been looked through.
 */
export function newFirst<T extends Tenant>(tenants: readonly T[], last: LastDeployment): readonly T[] {
  const isNew = (tenant: T) => previousOf(tenant, last) === undefined;
  return [...tenants.filter(isNew), ...tenants.filter((tenant) => !isNew(tenant))];
}

/** The entry of a removed tenant that leads to its volume, as it is written on one line. */
export function removal(volume: string, id: string, names: StackNames, now: Date): string {
  const fields = [`id: ${id}`, ...leadingTo(volume, { id, formerIds: [] }, names), "state: removed"];
  return `{ ${[...fields, `confirm: ${confirmation(id, now)}`].join(", ")} }`;
}

/** What confirms something by its name today. */
export function confirmation(id: string, now: Date): string {
  return `${id} ${now.toISOString().slice(0, 10)}`;
}

/** Another volume for a tenant that has one: its data would be left behind. */
function movedData({ listed, last, names, tenantsFile }: Transition): string[] {
  return listed.flatMap((tenant) => {
    const kept = previousOf(tenant, last)?.volume;
    const meant = volumeOf(tenant, names);
    if (kept === undefined || kept === meant) return [];
    const { id } = tenant;
    const fields = leadingTo(kept, { id, formerIds: last.has(id) ? [] : tenant.formerIds }, names);
    const fix = fields.length === 0 ? "take renamedFrom and volume out of it" : `write "${fields.join(", ")}" in it`;
    return [
      `${tenantsFile}: "${id}": got an entry that leads to the volume ${meant}, expected ${kept}, which holds its data; ${fix}`,
    ];
  });
}

/**
 * The same for the backups of a tenant that took a volume over: its first id names them alone. Pulumi's own protection would refuse it as well,
 * without the words to write, and without deletion protection nothing would.
 */
function movedBackups({ listed, last, names, tenantsFile }: Transition): string[] {
  return listed.flatMap((tenant) => {
    const { volume, repository: kept } = previousOf(tenant, last) ?? {};
    const meant = names.backups(tenant.origin);
    // Where the data moves with them, that is said.
    if (kept === undefined || kept === meant || volume !== volumeOf(tenant, names)) return [];
    const origin = kept.slice(names.tenant("").length, names.tenant("").length - names.backups("").length);
    return [
      `${tenantsFile}: "${tenant.id}": got an entry that leads to backups in ${meant}, expected ${kept}, which holds them; ` +
        `write "renamedFrom: ${origin}" in it, before other earlier ids`,
    ];
  });
}

/** The fields with which an entry leads to a volume that there is, as they are written on one line. */
function leadingTo(
  volume: string,
  { id, formerIds }: { readonly id: string | undefined; readonly formerIds: readonly string[] },
  names: StackNames,
): string[] {
  const prefix = names.tenant("");
  const origin = volume.startsWith(prefix) ? [volume.slice(prefix.length)] : [];
  const earlier = [...new Set([...origin, ...formerIds])];
  const [first] = earlier;
  const renamedFrom = earlier.length === 1 ? first : `[${earlier.join(", ")}]`;
  return [
    ...(earlier.length === 0 || renamedFrom === id ? [] : [`renamedFrom: ${renamedFrom}`]),
    ...(origin.length === 0 ? [`volume: ${volume}`] : []),
  ];
}

/** Whether a confirmation of a day is recent enough to be meant for this deployment. @param day such as `2026-11-21`; undefined for none. */
export function confirmedRecently(day: string | undefined, now: Date): boolean {
  if (day === undefined) return false;
  const age = (now.getTime() - Date.parse(`${day}T00:00:00Z`)) / (24 * 60 * 60 * 1000);
  // A day ahead is today in another time zone.
  return age > -1 && age < confirmationDays + 1;
}

function staleConfirmations({ listed, last, tenantsFile, now }: Transition): string[] {
  return listed.flatMap((tenant) => {
    const previous = previousOf(tenant, last);
    if (tenant.removedOn === undefined || previous === undefined || previous.state === "removed") return [];
    if (confirmedRecently(tenant.removedOn, now)) return [];
    return [
      `${tenantsFile}: "${tenant.id}": got a removal that was confirmed on ${tenant.removedOn}, expected one of the last ${confirmationDays} days; ` +
        `write "confirm: ${confirmation(tenant.id, now)}"`,
    ];
  });
}

/** A new tenant that is to begin with the backups of one that is not there. One that was made needs them no more. */
function withoutSource({ listed, last, tenantsFile }: Transition): string[] {
  const ids = new Set(listed.map(({ id }) => id));
  return listed.flatMap((tenant) => {
    const { id, from } = tenant;
    if (from === undefined || ids.has(from.source) || previousOf(tenant, last)?.volume !== undefined) return [];
    return [
      `${tenantsFile}: "${id}": got from: { clone: ${from.source} }, expected the id of a tenant in this file, for the key to its backups; ` +
        `put "${from.source}" back, or take from out where the data of "${id}" is kept`,
    ];
  });
}

/** Renamed to an id that is in use: one of the two would be lost. */
function twice({ listed, last, tenantsFile }: Transition): string[] {
  return listed.flatMap(({ id, formerIds }) => {
    const both = last.has(id) ? formerIds.filter((former) => last.has(former)) : [];
    return both.map(
      (former) =>
        `${tenantsFile}: "${id}": got renamedFrom "${former}", expected an id that is free for it: this stack has both; choose another new id for "${former}"`,
    );
  });
}
