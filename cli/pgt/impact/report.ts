import {
  type Change,
  type Effect,
  effectOnAll,
  effectOnTenant,
  endsSessions,
  type Impact,
  severity,
  worstOf,
} from "../../../components/changeEffects.ts";
import { typeTokens } from "../../../components/names.ts";
import { nameIn, resourceTypes } from "../../../components/stackState.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { formatMiB } from "../../../tenants/units.ts";
import { fieldEffects, summariesIn } from "./fieldEffects.ts";
import type { Preview, PreviewStep } from "./preview.ts";
import { changedRoutes, hunks, routeTexts } from "./routes.ts";
import { containerChanges, sqlChanges } from "./words.ts";

/** Something that a deployment does to a tenant, in words. */
export interface Reason {
  readonly impact: Impact;
  readonly text: string;
}

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

/** What a deployment would do to each tenant. Pure. @param tenants those of the file, as the deployment would make them. */
export function reportOf(preview: Preview, tenants: readonly Tenant[]): Report {
  if (preview.errors.length > 0) return refusedReport(preview.errors, preview.warnings);
  const changes = preview.steps.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"));
  const idOf = currentIds(tenants);
  const byTenant = Map.groupBy(changes, ({ parent }) => (isTenant(parent) ? idOf(nameIn(parent)) : undefined));
  const shared = (byTenant.get(undefined) ?? []).map(sharedReason);
  const texts = routeTexts(changes);
  const routed = new Set([...(texts === undefined ? [] : changedRoutes(texts))].map(idOf));
  const summaries = summariesIn(preview.outputs);
  const domain = settingIn(preview, "domain");
  const listed = new Map(tenants.map((tenant) => [tenant.id, tenant]));
  const ids = new Set([...listed.keys(), ...[...byTenant.keys()].filter((id) => id !== undefined)]);
  const found = [...ids].map((id): TenantImpact => {
    const tenant = listed.get(id);
    const steps = byTenant.get(id) ?? [];
    const own = reasonsOf(steps, tenant);
    // Whoever does not run yet has no sessions, and gets everything as it is to be.
    const runsOn = tenant?.state === "running" && !own.some(({ impact }) => impact === "new" || impact === "started");
    const fields = runsOn ? fieldEffects(tenant, domain, summaries, changesSql(steps)) : [];
    const fromShared = runsOn ? shared.filter(({ impact }) => endsSessions(impact)) : [];
    const told = [...own, ...fields, ...fromShared];
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
    shared: shared.filter(({ text }) => text !== routesWord),
    routes: texts === undefined ? [] : hunks(texts),
    unseen: unseenIn(preview),
  };
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

/** Said where nothing better is known: what goes to the server is secret. */
const hiddenWords = "role, password or settings";

function impactOf(id: string, reasons: readonly Reason[]): TenantImpact {
  const impact = worstOf(reasons.map((reason) => reason.impact));
  const texts = new Map(
    reasons
      .toSorted((one, other) => severity(one.impact) - severity(other.impact))
      .map((reason) => [reason.text, reason]),
  );
  const all = [...texts.values()].toReversed();
  const told = all.length > 1 ? all.filter(({ text }) => text !== hiddenWords) : all;
  return { id, impact, sessionsEnd: endsSessions(impact), reasons: told };
}

function reasonsOf(steps: readonly PreviewStep[], tenant: Tenant | undefined): Reason[] {
  const effects = steps.flatMap((step) => reasonsOfStep(step, effectOf(step, effectOnTenant)));
  const isNew = effects.some(({ impact }) => impact === "new");
  const goes = tenant === undefined || tenant.state === "removed";
  const keepsData = effects.every(({ impact }) => impact !== "data at risk");
  if (isNew && tenant !== undefined && keepsData) return [{ impact: "new", text: beginningOf(tenant) }];
  return effects.flatMap(({ impact, text }): Reason[] => {
    // They come and go with the rest of it.
    if (isNew && (impact === "started" || impact === "in place")) return [];
    if (goes && impact === "in place") return [];
    if (impact === "stopped")
      return [{ impact: goes ? "removed" : impact, text: keepsData ? `${text}, its data stays` : text }];
    return [{ impact, text }];
  });
}

function beginningOf({ plan, memoryMiB, diskMiB }: Tenant): string {
  return `plan ${plan}: memory ${formatMiB(memoryMiB)}, disk ${formatMiB(diskMiB)}`;
}

/** An unknown kind of resource, or of step, counts as the worst that it could be. */
function effectOf(step: PreviewStep, find: (change: Change) => Effect | undefined): Effect {
  const { operation, type, name } = step;
  const unknown = { impact: "data at risk", thing: `${name}, of the unknown kind ${type}` } as const;
  if (typeof operation !== "string")
    return { ...unknown, thing: `${name}: ${operation.unknown}, an unknown kind of change` };
  return find({ type, name, operation, properties: step.properties }) ?? unknown;
}

function reasonsOfStep(step: PreviewStep, { impact, thing }: Effect): Reason[] {
  if (step.type === resourceTypes.container && (impact === "restart" || impact === "in place")) {
    const changes = containerChanges(step);
    return (changes.length > 0 ? changes : [thing]).map((text) => ({ impact, text }));
  }
  if (step.name.endsWith("-sql")) {
    const changes = sqlChanges(step);
    return (changes.length > 0 ? changes : [hiddenWords]).map((text) => ({ impact, text }));
  }
  return [{ impact, text: `${thing} ${verbOf(step)}` }];
}

function changesSql(steps: readonly PreviewStep[]): boolean {
  return steps.some(({ name, properties }) => name.endsWith("-sql") && properties.includes("stdin"));
}

const verbs = {
  create: "made",
  update: "changed",
  replace: "made anew",
  delete: "deleted",
  forget: "let go of, stays on the engine",
} as const;

function verbOf({ operation }: PreviewStep): string {
  return typeof operation === "string" ? verbs[operation] : operation.unknown;
}

const routesWord = "routes";

function sharedReason(step: PreviewStep): Reason {
  const { impact, thing } = effectOf(step, effectOnAll);
  if (thing === routesWord) return { impact, text: routesWord };
  const changes = step.type === resourceTypes.container ? containerChanges(step) : [];
  return { impact, text: `${thing} ${verbOf(step)}${changes.length > 0 ? ` (${changes.join(", ")})` : ""}` };
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
