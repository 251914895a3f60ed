import { endsSessions, type Impact, severity, worstOf } from "../../../components/changeEffects.ts";
import { tenantOfRoute, typeTokens } from "../../../components/names.ts";
import { nameIn } from "../../../components/stackState.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { fieldEffects, summariesIn } from "./fieldEffects.ts";
import type { Preview, PreviewStep } from "./preview.ts";
import { hiddenWords, type Reason, reasonsOf, routesWord, sharedReason } from "./reasons.ts";
import { changedRoutes, hunks, routeTexts } from "./routes.ts";

/** What a deployment would do to one tenant. */
export interface TenantImpact {
  readonly id: string;
  /** The worst of its reasons. */
  readonly impact: Impact;
  /** Whether its clients' sessions end. */
  readonly sessionsEnd: boolean;
  /** Worst first. */
  readonly reasons: readonly Reason[];
}

/** What a deployment would do. */
export interface Report {
  /** Whether the preview itself was refused; `errors` says why, and nothing else is known then. */
  readonly refused: boolean;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** The tenants that change, worst first, and by id where it is the same. */
  readonly tenants: readonly TenantImpact[];
  /** How many tenants do not. */
  readonly unchanged: number;
  /** What changes of what all tenants share, and what it does to each that runs. */
  readonly shared: readonly Reason[];
  /** What changes in the router's dynamic.yml, line by line. */
  readonly routes: readonly string[];
  /** What the preview cannot know. */
  readonly unseen: readonly string[];
}

/** The report of a preview that was refused. */
export function refusedReport(errors: readonly string[], warnings: readonly string[]): Report {
  return { refused: true, errors, warnings, tenants: [], unchanged: 0, shared: [], routes: [], unseen: [] };
}

/**
 * What a deployment would do to each tenant. Pure.
 * @param tenants as the deployment would make them.
 * @param ephemeral the ids of those that go by themselves: that their data goes with them is no risk.
 */
export function reportOf(
  preview: Preview,
  tenants: readonly Tenant[],
  ephemeral: ReadonlySet<string> = new Set(),
): Report {
  if (preview.errors.length > 0) return refusedReport(preview.errors, preview.warnings);
  const changes = preview.steps.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"));
  const idOf = currentIds(tenants);
  const byTenant = Map.groupBy(changes, ({ parent }) => (isTenant(parent) ? idOf(nameIn(parent)) : undefined));
  const shared = (byTenant.get(undefined) ?? []).map(sharedReason);
  const texts = routeTexts(changes);
  const routed = new Set(
    [...(texts === undefined ? [] : changedRoutes(texts))].map((route) => idOf(tenantOfRoute(route))),
  );
  const summaries = summariesIn(preview.outputs);
  const domain = settingIn(preview, "domain");
  const listed = new Map(tenants.map((tenant) => [tenant.id, tenant]));
  const ids = new Set([...listed.keys(), ...[...byTenant.keys()].filter((id) => id !== undefined)]);
  const found = [...ids].map((id): TenantImpact => {
    const tenant = listed.get(id);
    const steps = byTenant.get(id) ?? [];
    const reasons = reasonsOf(steps, tenant);
    const own = ephemeral.has(id) && tenant === undefined ? reasons.map(withoutRisk) : reasons;
    // Whoever does not run yet has no sessions, and gets everything as it is to be.
    const runsOn = tenant?.state === "running" && !own.some(({ impact }) => impact === "new" || impact === "started");
    const fields = runsOn ? fieldEffects(tenant, domain, summaries, changesSql(steps)) : [];
    const fromShared = runsOn ? shared.filter(({ impact }) => endsSessions(impact)) : [];
    const told = [...own, ...fields, ...fromShared];
    // Beside anything else it goes without saying; the lines are below the table.
    return impactOf(id, told.length === 0 && routed.has(id) ? [{ impact: "route only", text: "route" }] : told);
  });
  const sharing = preview.steps.flatMap((step) => sharedImpact(step));
  const there = found.filter(({ id }) => listed.get(id)?.state !== "removed");
  return {
    refused: false,
    errors: [],
    warnings: preview.warnings,
    tenants: [...found, ...sharing].filter(({ impact }) => impact !== "unchanged").toSorted(worstFirst),
    unchanged: there.filter(({ impact }) => impact === "unchanged").length,
    shared: shared.filter(({ text }) => text !== routesWord).toSorted((one, other) => (one.text < other.text ? -1 : 1)),
    routes: texts === undefined ? [] : hunks(texts),
    unseen: unseenIn(preview),
  };
}

/** A tenant on an instance that comes or goes. What else changes for one is a line below the table: the step is everybody's. */
function sharedImpact({ type, name, operation, before, after }: PreviewStep): TenantImpact[] {
  if (type !== typeTokens.sharedTenant) return [];
  const instance = String((after ?? before)?.outputs?.["instance"] ?? "an instance");
  if (operation === "create") return [impactOf(name, [{ impact: "new", text: `new on ${instance}` }])];
  return operation === "delete"
    ? [impactOf(name, [{ impact: "removed", text: `leaves ${instance}; its data stays` }])]
    : [];
}

function withoutRisk(reason: Reason): Reason {
  return reason.impact === "data at risk" ? { impact: "removed", text: "ephemeral: ends, with its data" } : reason;
}

function worstFirst(one: TenantImpact, other: TenantImpact): number {
  return severity(other.impact) - severity(one.impact) || (one.id < other.id ? -1 : 1);
}

function isTenant(parent: string): boolean {
  return parent.split("::")[2]?.split("$").at(-1) === typeTokens.tenantDatabase;
}

/** The id that a tenant has now, by any that it had. */
function currentIds(tenants: readonly Tenant[]): (id: string) => string {
  const byFormer = new Map(tenants.flatMap(({ id, formerIds }) => formerIds.map((former) => [former, id] as const)));
  return (id) => byFormer.get(id) ?? id;
}

function impactOf(id: string, reasons: readonly Reason[]): TenantImpact {
  const impact = worstOf(reasons.map((reason) => reason.impact));
  const leastFirst = reasons.toSorted((one, other) => severity(one.impact) - severity(other.impact));
  const texts = new Map(leastFirst.map((reason) => [reason.text, reason]));
  // By their words where they are as bad: the engine's order is another each time.
  const all = [...texts.values()].toSorted(
    (one, other) => severity(other.impact) - severity(one.impact) || (one.text < other.text ? -1 : 1),
  );
  const told = all.length > 1 ? all.filter(({ text }) => text !== hiddenWords) : all;
  return { id, impact, sessionsEnd: endsSessions(impact), reasons: told };
}

function changesSql(steps: readonly PreviewStep[]): boolean {
  return steps.some(({ name, properties }) => name.endsWith("-sql") && properties.includes("stdin"));
}

/** A plain setting of the stack, by its name without the project's. */
function settingIn({ config }: Preview, name: string): string | undefined {
  return Object.entries(config).find(([key]) => key.endsWith(`:${name}`))?.[1];
}

/** A tag can be given to another image at any time, and the state knows the tag alone. */
function unseenIn({ config }: Preview): string[] {
  const images = Object.entries(config).filter(
    ([key, value]) => /:[a-z]+Image$/.test(key) && !value.includes("@sha256:"),
  );
  return images.map(
    ([key, value]) =>
      `${key.split(":").at(-1)} is ${value}: whether that tag leads to another image than before is not seen; with @sha256:<digest> it would be`,
  );
}
