import type { Draft } from "./check.ts";
import { declaredThingsFit } from "./declaredRules.ts";
import { declaredSizeFits } from "./declaredSize.ts";
import { beginningsAreOne, urlsAreSecret } from "./fromRules.ts";
import { instancesAreOwn, instancesStay, serversFit } from "./instanceRules.ts";
import type { Path, Problem } from "./issues.ts";
import {
  clonesAreOfOthers,
  ephemeralsAreNew,
  formerIdsAreFree,
  removalsAreConfirmed,
  restartsAreConfirmed,
  volumesAreUnique,
} from "./lifeRules.ts";
import { secondPlacesFit } from "./moveRules.ts";
import { sameId } from "./names.ts";
import { MIB_PER_CONNECTION, over, type Plan, planNameOf, plansOf } from "./plans.ts";
import { poolsFit, poolsHavePorts } from "./poolerRules.ts";
import type { PlanFields } from "./schema.ts";
import { isShared } from "./sharedDefaults.ts";
import { clonesAreOfServers, instancesAreNamed, sharedFieldsFit, sharedNamesAreUnique } from "./sharedRules.ts";
import { closest, either } from "./text.ts";
import { formatMiB, parseMiB } from "./units.ts";

/** A check over more than one value. Gets what the schema let through, and returns what it finds. */
type Rule = (draft: Draft) => Problem[];

type Field = keyof PlanFields;

/** Every named plan is a built-in one or one of the file's. */
const plansExist: Rule = (draft) => {
  const known = [...plansOf(draft).keys()];
  const unknown = (name: string | undefined, path: Path): Problem[] => {
    if (name === undefined || known.includes(name)) return [];
    const meant = closest(name, known);
    const fix = meant === undefined ? `write one of them, or add "${name}" under plans` : `did you mean "${meant}"?`;
    return [{ path, advice: `the name of a plan: ${either(known)}; ${fix}`, reliesOn: [path, ["plans"]] }];
  };
  return [
    ...unknown(draft.defaults.plan, ["defaults", "plan"]),
    ...draft.tenants.flatMap(({ plan }, index) => unknown(plan, ["tenants", index, "plan"])),
    ...draft.instances.flatMap(({ plan }, index) => unknown(plan, ["instances", index, "plan"])),
  ];
};

/** No two tenants have the same id ({@link sameId}). Looks at refused ids, too, since the form that would be accepted may be taken. */
const idsAreUnique: Rule = ({ tenants }) => {
  const first = new Map<string, number>();
  return tenants.flatMap(({ id }, index) => {
    if (id === undefined) return [];
    const key = sameId(id);
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, index);
      return [];
    }
    const advice = `an id of its own: tenants[${earlier}] has it already, and case and "-" or "_" do not count; rename or remove one`;
    return [{ path: ["tenants", index, "id"], advice, reliesOn: [] }];
  });
};

/** A plan of the file, or a tenant whose plan is known. */
interface Entry {
  readonly path: Path;
  /** What it sets itself. A rule judges by that: an entry that sets nothing of a rule's values is its plan's affair. */
  readonly own: PlanFields;
  /** What it comes to: its own values over those of its plan. */
  readonly values: Plan;
  /** What says where the values come from, and the mappings that they come from. */
  readonly namedBy: readonly Path[];
  readonly sources: readonly Path[];
}

function entriesOf(draft: Draft): readonly Entry[] {
  const plans = plansOf(draft);
  const inPlans = Object.entries(draft.plans).map(([name, own]) => {
    const path: Path = ["plans", name];
    return { path, own, plan: plans.get(name), namedBy: [], sources: [path] };
  });
  const inList = (list: "tenants" | "instances") => (own: PlanFields & { readonly plan?: string }, index: number) => {
    const name = planNameOf(own, draft);
    const path: Path = [list, index];
    const namedBy: Path[] = [
      [...path, "plan"],
      ["defaults", "plan"],
    ];
    return { path, own, plan: plans.get(name), namedBy, sources: [["plans", name], path] };
  };
  // Connections of a tenant on an instance take that one's memory.
  const inTenants = draft.tenants.flatMap((own, index) => (isShared(own) ? [] : [inList("tenants")(own, index)]));
  const inInstances = draft.instances.map(inList("instances"));
  return [...inPlans, ...inTenants, ...inInstances].flatMap(({ plan, ...entry }) =>
    plan === undefined ? [] : [{ ...entry, values: over(plan, entry.own) }],
  );
}

/** That an entry's `field` does not go with the others of `fields`. */
function misfit({ path, namedBy, sources }: Entry, field: Field, fields: readonly Field[], advice: string): Problem[] {
  const values = sources.flatMap((source) => fields.map((name): Path => [...source, name]));
  return [{ path: [...path, field], advice, reliesOn: [...namedBy, ...values] }];
}

/** Shared buffers take at most half of the memory: connections and sorting live in the rest, and past it the kernel ends the server. */
const sharedBuffersFit: Rule = (draft) =>
  entriesOf(draft).flatMap((entry) => {
    const { memory, sharedBuffers } = entry.values;
    const fields = ["sharedBuffers", "memory"] as const;
    const field = fields.find((name) => entry.own[name] !== undefined);
    const most = Math.floor(parseMiB(memory) / 2);
    if (field === undefined || parseMiB(sharedBuffers) <= most) return [];
    const least = formatMiB(2 * parseMiB(sharedBuffers));
    const advice = {
      sharedBuffers: `at most half of the memory of "${memory}"; write "${formatMiB(most)}" or less, or raise memory`,
      memory: `at least twice the sharedBuffers of "${sharedBuffers}"; write "${least}" or more, or set sharedBuffers, too`,
    };
    return misfit(entry, field, fields, advice[field]);
  });

/**
 * The connections fit beside the shared buffers: otherwise the kernel ends the server when they are used, or before it
 * has started. Nothing is said where {@link sharedBuffersFit} has refused one of the values.
 */
const connectionsFit: Rule = (draft) =>
  entriesOf(draft).flatMap((entry) => {
    const { memory, sharedBuffers, maxConnections } = entry.values;
    const fields = ["maxConnections", "memory", "sharedBuffers"] as const;
    const field = fields.find((name) => entry.own[name] !== undefined);
    const used = maxConnections * MIB_PER_CONNECTION;
    const least = parseMiB(sharedBuffers) + used;
    if (field === undefined || least <= parseMiB(memory)) return [];
    const most = Math.floor((parseMiB(memory) - parseMiB(sharedBuffers)) / MIB_PER_CONNECTION);
    const left = formatMiB(parseMiB(memory) - used);
    const each = `${MIB_PER_CONNECTION} MB for each of ${maxConnections} connections`;
    const advice = {
      maxConnections: `at most ${most}: each takes ${MIB_PER_CONNECTION} MB, beside the sharedBuffers of "${sharedBuffers}" in the memory of "${memory}"; write ${most} or less, or raise memory to "${formatMiB(least)}"`,
      memory: `at least "${formatMiB(least)}": the sharedBuffers of "${sharedBuffers}" and ${each}; write "${formatMiB(least)}" or more, or set maxConnections to ${most} or less`,
      sharedBuffers: `at most "${left}": the memory of "${memory}" without ${each}; write "${left}" or less, or raise memory to "${formatMiB(least)}"`,
    };
    return misfit(entry, field, fields, advice[field]);
  });

const RULES: readonly Rule[] = [
  plansExist,
  idsAreUnique,
  formerIdsAreFree,
  clonesAreOfOthers,
  ephemeralsAreNew,
  beginningsAreOne,
  urlsAreSecret,
  removalsAreConfirmed,
  restartsAreConfirmed,
  volumesAreUnique,
  sharedBuffersFit,
  connectionsFit,
  poolsFit,
  poolsHavePorts,
  declaredThingsFit,
  declaredSizeFits,
  instancesAreNamed,
  instancesAreOwn,
  sharedFieldsFit,
  instancesStay,
  clonesAreOfServers,
  sharedNamesAreUnique,
  serversFit,
  secondPlacesFit,
];

/** What all the rules find, each of them run. */
export function checkRules(draft: Draft): readonly Problem[] {
  return RULES.flatMap((rule) => rule(draft));
}
