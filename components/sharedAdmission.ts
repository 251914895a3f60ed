import type { SharedTenant } from "../tenants/sharedTenant.ts";
import { isPassing, type Standby } from "../tenants/standby.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { LastDeployment, LastShared } from "./lastDeployment.ts";
import { moveRefusals } from "./moveAdmission.ts";
import type { Settings } from "./settings.ts";
import { confirmation, confirmedRecently } from "./transitions.ts";

/** What decides whether tenants on instances may follow the last deployment. */
export interface SharedTransition {
  readonly shared: readonly SharedTenant[];
  /** Everybody with a server of its own. */
  readonly servers: readonly Tenant[];
  readonly last: LastDeployment;
  readonly lastShared: ReadonlyMap<string, LastShared>;
  readonly now: Date;
}

type Needed = Pick<Settings, "tenantsFile" | "deletionProtection" | "passwords">;

/** What the last deployment knows of a tenant on an instance, under its id or an earlier one. */
export function previousShared(
  { id, formerIds }: Pick<SharedTenant, "id" | "formerIds">,
  lastShared: ReadonlyMap<string, LastShared>,
): LastShared | undefined {
  const known = [id, ...formerIds.toReversed()].find((name) => lastShared.has(name));
  return known === undefined ? undefined : lastShared.get(known);
}

/**
 * Why a list must not follow the last deployment, as far as tenants on instances go; empty when it may. The same slips as of other tenants, and
 * one more: another place for a tenant with data, which would leave the data behind.
 */
export function sharedRefusals(transition: SharedTransition, settings: Needed): string[] {
  return [
    ...vanishedInstances(transition, settings),
    ...vanished(transition, settings),
    ...moved(transition, settings),
    ...moveRefusals(transition, transition.last, transition.lastShared, settings.tenantsFile),
    ...staleConfirmations(transition, settings),
    ...missingPasswords(transition, settings),
  ];
}

/** As a tenant with a server of its own, but in another list, and under the id that it has for good. */
function vanishedInstances(
  { servers, last, now }: SharedTransition,
  { tenantsFile, deletionProtection }: Needed,
): string[] {
  if (!deletionProtection) return [];
  const known = new Set(servers.map(({ id }) => id));
  return [...last]
    .filter(([id, { state, instance }]) => instance === true && !known.has(id) && state !== "removed")
    .map(
      ([id]) =>
        `${tenantsFile}: got a list without the instance "${id}", expected every instance of this stack; ` +
        `put its entry back under instances, as it was: what it leaves out, the plan among it, would have its default. ` +
        `To remove it and keep its data, when nobody is on it any more: "- { id: ${id}, state: removed, confirm: ${confirmation(id, now)} }" there`,
    );
}

function vanished(
  { shared, servers, lastShared, now }: SharedTransition,
  { tenantsFile, deletionProtection }: Needed,
): string[] {
  if (!deletionProtection) return [];
  const known = new Set([...shared, ...servers].flatMap(({ id, formerIds }) => [id, ...formerIds]));
  return [...lastShared]
    .filter(([id, { state }]) => !known.has(id) && state !== "removed")
    .map(([id, { isolation = "database", instance = "shared-1" }]) => {
      const where = `isolation: ${isolation}, instance: ${instance}`;
      return (
        `${tenantsFile}: got a list without "${id}", expected every tenant of this stack; put back "- { id: ${id}, ${where} }". ` +
        `To remove it and keep its data: "- { id: ${id}, ${where}, state: removed, confirm: ${confirmation(id, now)} }". ` +
        `If it has another id now: "renamedFrom: ${id}" in that entry`
      );
    });
}

/** Another instance, another isolation, or a server of its own: the data would stay where it is. */
function moved({ shared, servers, last, lastShared }: SharedTransition, { tenantsFile }: Needed): string[] {
  const refusal = (id: string, got: string, expected: string, moves: readonly string[]) =>
    `${tenantsFile}: "${id}": got ${got}, expected ${expected}, where its data is; put that back. ` +
    (moves.length > 0
      ? `To take the data along: ${moves.map((to) => `pgt move ${id} --to ${to}`).join(`, pgt move ${id} --accept, and then `)}`
      : `There is no move for isolation: schema; a dump takes the data along, to another id: pgt dump ${id}`);
  const named = ({
    isolation,
    instance,
  }: {
    readonly isolation?: string | undefined;
    readonly instance?: string | undefined;
  }) => `isolation: ${isolation} on ${instance}`;
  // A tenant that moves has both places; the one that it was moving to may go again.
  const stays = ({ standby }: Second, tenants: readonly Pick<SharedTenant, "id">[], id: string) =>
    !isPassing(standby) && !tenants.some((tenant) => tenant.id === id);
  const kept = (id: string, { standby }: Second, got: string, expected: string, moves: readonly string[]) =>
    standby !== "source"
      ? refusal(id, got, expected, moves)
      : `${tenantsFile}: "${id}": got an entry without movedFrom, expected it for as long as the tenant's data of before is kept; ` +
        `put it back, or end the move: pgt move ${id} --accept`;
  const toShared = shared.flatMap((tenant) => {
    const own = [tenant.id, ...tenant.formerIds].flatMap((id) => last.get(id) ?? []);
    const server = own.find(({ volume }) => volume !== undefined);
    if (server !== undefined && stays(server, servers, tenant.id))
      return [kept(tenant.id, server, named(tenant), "isolation: dedicated", movesTo(tenant))];
    const before = previousShared(tenant, lastShared);
    // A component that was killed while it was made says nothing.
    if (
      before?.instance === undefined ||
      (before.instance === tenant.instance && before.isolation === tenant.isolation)
    )
      return [];
    const moves =
      before.isolation === "database" && tenant.isolation === "database" ? ["dedicated", tenant.instance] : [];
    return [refusal(tenant.id, named(tenant), named(before), moves)];
  });
  const toDedicated = servers.flatMap((tenant) => {
    const before = previousShared(tenant, lastShared);
    if (before?.instance === undefined || !stays(before, shared, tenant.id)) return [];
    const moves = before.isolation === "database" ? ["dedicated"] : [];
    return [kept(tenant.id, before, "isolation: dedicated", named(before), moves)];
  });
  return [...toShared, ...toDedicated];
}

/** Where pgt move takes a tenant to be as its entry says; nowhere for a schema, which is not moved. */
function movesTo({ isolation, instance }: SharedTenant): readonly string[] {
  return isolation === "database" ? [instance] : [];
}

/** What the last deployment knows of one of a tenant's places. */
interface Second {
  readonly standby?: Standby | undefined;
}

function staleConfirmations({ shared, lastShared, now }: SharedTransition, { tenantsFile }: Needed): string[] {
  return shared.flatMap((tenant) => {
    const before = previousShared(tenant, lastShared);
    if (tenant.removedOn === undefined || before === undefined || before.state === "removed") return [];
    if (confirmedRecently(tenant.removedOn, now)) return [];
    return [
      `${tenantsFile}: "${tenant.id}": got a removal that was confirmed on ${tenant.removedOn}, expected one of the last days; ` +
        `write "confirm: ${confirmation(tenant.id, now)}"`,
    ];
  });
}

function missingPasswords({ shared }: SharedTransition, { tenantsFile, passwords }: Needed): string[] {
  return shared
    .filter(({ id, password }) => password === "custom" && !passwords.has(id))
    .map(
      ({ id }) =>
        `${tenantsFile}: "${id}": got password: custom and no password in the stack's configuration; ` +
        `set it with: pulumi config set --secret --path 'passwords["${id}"]'`,
    );
}
