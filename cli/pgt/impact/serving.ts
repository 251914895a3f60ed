import { endsSessions, severity } from "../../../components/changeEffects.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { fieldEffects } from "./fieldEffects.ts";
import type { Previewed, ReasonsById } from "./planned.ts";
import type { PreviewStep } from "./preview.ts";
import { type Reason, reasonsOf } from "./reasons.ts";
import { isSecondServer } from "./secondPlaces.ts";
import { tenantsInWords } from "./sharedWords.ts";

/**
 * What a deployment does to each tenant with a server of its own, and to each instance, by their own resources.
 * @param byTenant the steps of each, by its id; of some that are not listed any more as well.
 * @param ephemeral see {@link reportOf}.
 */
export function serverReasons(
  previewed: Previewed,
  byTenant: ReadonlyMap<string, readonly PreviewStep[]>,
  ephemeral: ReadonlySet<string>,
): ReasonsById {
  const { list, summaries, domain } = previewed;
  const servers = new Map(list.servers.map((tenant) => [tenant.id, tenant]));
  const seconds = new Map(list.beside.servers.map((tenant) => [tenant.id, tenant]));
  const formerIds = new Map(list.shared.map((tenant) => [tenant.id, tenant.formerIds]));
  const reasonsFor = (id: string): readonly Reason[] => {
    const tenant = servers.get(id);
    const steps = byTenant.get(id) ?? [];
    if (tenant === undefined && isSecondServer([id, ...(formerIds.get(id) ?? [])], previewed))
      return reasonsOf(steps, seconds.get(id)).filter(isLoss(seconds.get(id)));
    const reasons = reasonsOf(steps, tenant);
    const own = ephemeral.has(id) && tenant === undefined ? reasons.map(withoutRisk) : reasons;
    // An instance has no outputs, and nobody logs in to it.
    if (tenant === undefined || tenant.instance === true || !runsOn(tenant, own)) return own;
    return [...own, ...fieldEffects(tenant, domain, summaries, changesSql(steps))];
  };
  return new Map([...servers.keys(), ...byTenant.keys()].map((id) => [id, reasonsFor(id)]));
}

/** What comes to a server beside that: from what all of the stack share, and of an instance to whom. */
export function reasonsAround(tenant: Tenant, own: readonly Reason[], { list, ending }: Previewed): Reason[] {
  const shared = runsOn(tenant, own) ? ending : [];
  if (tenant.instance !== true) return [...shared];
  // Nobody has a session at an instance itself: what ends its tenants' alone is told with those.
  return [...shared.filter(({ impact }) => impact === "restart"), ...onItsTenants(tenant.id, own, list.shared)];
}

function onItsTenants(id: string, own: readonly Reason[], shared: Previewed["list"]["shared"]): Reason[] {
  const [worst] = own.toSorted((one, other) => severity(other.impact) - severity(one.impact));
  const whom = shared.filter(({ instance, state }) => instance === id && state === "running");
  if (worst === undefined || !endsSessions(worst.impact) || whom.length === 0) return [];
  return [{ impact: worst.impact, text: `ends the sessions of ${tenantsInWords(whom.map((tenant) => tenant.id))}` }];
}

/** Whoever does not run yet has no sessions, and gets everything as it is to be. */
function runsOn({ state }: Tenant, own: readonly Reason[]): boolean {
  return state === "running" && !own.some(({ impact }) => impact === "new" || impact === "started");
}

/**
 * Of what is done to a second place only what would be lost counts: the rest is told as what becomes of that place. One that is filled, or was given
 * up, holds nothing that counts.
 */
function isLoss(second: Tenant | undefined): (reason: Reason) => boolean {
  return ({ impact }) => impact === "data at risk" && second?.standby === "source";
}

function withoutRisk(reason: Reason): Reason {
  return reason.impact === "data at risk" ? { impact: "removed", text: "ephemeral: ends, with its data" } : reason;
}

function changesSql(steps: readonly PreviewStep[]): boolean {
  return steps.some(({ name, properties }) => name.endsWith("-sql") && properties.includes("stdin"));
}
