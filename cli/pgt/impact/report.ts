import { endsSessions, type Impact, severity, worstOf } from "../../../components/changeEffects.ts";
import { tenantOfRoute, typeTokens } from "../../../components/names.ts";
import { nameIn } from "../../../components/stackState.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { summariesIn } from "./fieldEffects.ts";
import type { Planned, Previewed } from "./planned.ts";
import type { Preview } from "./preview.ts";
import { hiddenWords, type Reason, routesWord, sharedReason } from "./reasons.ts";
import { changedRoutes, hunks, routeTexts } from "./routes.ts";
import { secondPlaceReasons } from "./secondPlaces.ts";
import { reasonsAround, serverReasons } from "./serving.ts";
import { sharingReasons } from "./sharing.ts";

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
 * @param planned everybody as the deployment would make them, and as the state has them.
 * @param ephemeral the ids of those that go by themselves: that their data goes with them is no risk.
 */
export function reportOf(preview: Preview, planned: Planned, ephemeral: ReadonlySet<string> = new Set()): Report {
  if (preview.errors.length > 0) return refusedReport(preview.errors, preview.warnings);
  const { servers, shared: sharing } = planned.list;
  const listed = new Map([...servers, ...sharing].map((tenant) => [tenant.id, tenant]));
  const idOf = currentIds([...listed.values()]);
  const changes = preview.steps.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"));
  const [own, common] = partition(changes, ({ parent }) => isTenant(parent));
  const shared = common.map(sharedReason);
  const texts = routeTexts(changes);
  const routed = new Set(
    [...(texts === undefined ? [] : changedRoutes(texts))].map((route) => idOf(tenantOfRoute(route))),
  );
  const previewed: Previewed = {
    ...planned,
    steps: preview.steps,
    summaries: summariesIn(preview.outputs),
    domain: settingIn(preview, "domain"),
    ending: shared.filter(({ impact }) => endsSessions(impact)),
  };
  const byTenant = Map.groupBy(own, ({ parent }) => idOf(nameIn(parent)));
  const onServers = serverReasons(previewed, byTenant, ephemeral);
  const onInstances = sharingReasons(previewed, onServers);
  const servedById = new Map(servers.map((tenant) => [tenant.id, tenant]));
  const found = [...new Set([...listed.keys(), ...onServers.keys(), ...onInstances.keys()])].map((id) => {
    const [server, reasons] = [servedById.get(id), onServers.get(id) ?? []];
    const told = [
      ...reasons,
      ...(server === undefined ? [] : reasonsAround(server, reasons, previewed)),
      ...(onInstances.get(id) ?? []),
      ...secondPlaceReasons([id, ...(listed.get(id)?.formerIds ?? [])], planned),
    ];
    // Beside anything else it goes without saying; the lines are below the table.
    return impactOf(id, told.length === 0 && routed.has(id) ? [{ impact: "route only", text: "route" }] : told);
  });
  const there = found.filter(({ id }) => listed.get(id)?.state !== "removed");
  return {
    refused: false,
    errors: [],
    warnings: preview.warnings,
    tenants: found.filter(({ impact }) => impact !== "unchanged").toSorted(worstFirst),
    unchanged: there.filter(({ impact }) => impact === "unchanged").length,
    shared: shared.filter(({ text }) => text !== routesWord).toSorted((one, other) => (one.text < other.text ? -1 : 1)),
    routes: texts === undefined ? [] : hunks(texts),
    unseen: unseenIn(preview),
  };
}

function partition<T>(values: readonly T[], is: (value: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [values.filter(is), values.filter((value) => !is(value))];
}

function worstFirst(one: TenantImpact, other: TenantImpact): number {
  return severity(other.impact) - severity(one.impact) || (one.id < other.id ? -1 : 1);
}

function isTenant(parent: string): boolean {
  return parent.split("::")[2]?.split("$").at(-1) === typeTokens.tenantDatabase;
}

/** The id that a tenant has now, by any that it had. */
function currentIds(tenants: readonly Pick<Tenant, "id" | "formerIds">[]): (id: string) => string {
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
