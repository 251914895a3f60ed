import {
  type Change,
  type Effect,
  effectOnAll,
  effectOnTenant,
  type Impact,
} from "../../../components/changeEffects.ts";
import { resourceTypes } from "../../../components/stackState.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { formatMiB } from "../../../tenants/units.ts";
import { declaredReasons } from "./declaredWords.ts";
import { poolModeReasons } from "./poolMode.ts";
import type { PreviewStep } from "./preview.ts";
import { containerChanges, poolChanges, recordIn, sqlChanges } from "./words.ts";

/** Something that a deployment does to a tenant, in words. */
export interface Reason {
  readonly impact: Impact;
  readonly text: string;
}

/** Said where nothing better is known: what goes to the server is secret. */
export const hiddenWords = "role, password or settings";

/** What the steps of one tenant do to it, in words; `tenant` is undefined for one that is not listed any more. */
export function reasonsOf(steps: readonly PreviewStep[], tenant: Tenant | undefined): Reason[] {
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
  const isThere = step.operation !== "create";
  if (isThere && step.type === resourceTypes.container && (impact === "restart" || impact === "in place")) {
    const changes = containerChanges(step);
    return (changes.length > 0 ? changes : [thing]).map((text) => ({ impact, text }));
  }
  if (step.name.endsWith("-sql") && impact === "in place") {
    const changes = sqlChanges(step).map((text) => ({ impact, text }));
    const told = [...changes, ...declaredReasons(step)];
    return told.length > 0 ? told : [{ impact, text: hiddenWords }];
  }
  if (step.name.endsWith("-pools") && step.operation === "update") {
    const [old, young] = [step.before, step.after].map((one) => recordIn(one?.inputs?.["environment"])["MODE"]);
    const changes = [...poolModeReasons(old, young), ...poolChanges(step).map((text) => ({ impact, text }))];
    return changes.length > 0 ? changes : [{ impact, text: thing }];
  }
  return [{ impact, text: `${thing} ${verbOf(step)}` }];
}

/** What the router's routes are called; each tenant's own part of them is told with that tenant. */
export const routesWord = "routes";

/** What a step of what all tenants share does to each that runs. */
export function sharedReason(step: PreviewStep): Reason {
  const { impact, thing } = effectOf(step, effectOnAll);
  if (thing === routesWord) return { impact, text: routesWord };
  const changes = step.type === resourceTypes.container ? containerChanges(step) : [];
  const [, instance = "an instance"] = /^(.+)-tenants-(?:sql|pools|key)$/.exec(step.name) ?? [];
  return {
    impact,
    text: `${thing.replace("an instance", instance)} ${verbOf(step)}${changes.length > 0 ? ` (${changes.join(", ")})` : ""}`,
  };
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
