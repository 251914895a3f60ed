import type { Draft } from "./check.ts";
import { planNameOf, plansOf } from "./defaults.ts";
import type { Path, Problem } from "./issues.ts";
import type { PlanFields } from "./schema.ts";
import { closest, either } from "./text.ts";
import { formatMiB, parseMiB } from "./units.ts";

/** A check over more than one value. Gets what the schema let through, and returns what it finds. */
type Rule = (draft: Draft) => Problem[];

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
  ];
};

/**
 * No two ids are alike once in lower case and with `-` as `_`: host names ignore case, and role names have no `-`. Looks
 * at refused ids, too, since the form that would be accepted may be taken.
 */
const idsAreUnique: Rule = ({ tenants }) => {
  const first = new Map<string, number>();
  return tenants.flatMap(({ id }, index) => {
    if (id === undefined) return [];
    const key = id.trim().toLowerCase().replaceAll("-", "_");
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, index);
      return [];
    }
    const advice = `an id of its own: tenants[${earlier}] has it already, and case and "-" or "_" do not count; rename or remove one`;
    return [{ path: ["tenants", index, "id"], advice, reliesOn: [] }];
  });
};

/** Shared buffers take at most half of the memory: connections and sorting live in the rest, and past it the kernel ends the server. */
const sharedBuffersFit: Rule = (draft) => {
  const plans = plansOf(draft);
  const inPlans = Object.entries(draft.plans).flatMap(([name, own]) =>
    bufferProblems(["plans", name], own, plans.get(name), []),
  );
  const inTenants = draft.tenants.flatMap((own, index) => {
    const name = planNameOf(own, draft);
    const path: Path = ["tenants", index];
    return bufferProblems(path, own, plans.get(name), [
      [...path, "plan"],
      ["defaults", "plan"],
      ["plans", name, "memory"],
      ["plans", name, "sharedBuffers"],
    ]);
  });
  return [...inPlans, ...inTenants];
};

/** Judges an entry by its own values over `base`; one that sets neither is its plan's affair. */
function bufferProblems(
  path: Path,
  own: PlanFields,
  base: Required<PlanFields> | undefined,
  reliesOn: Path[],
): Problem[] {
  if (base === undefined || (own.memory === undefined && own.sharedBuffers === undefined)) return [];
  const memory = own.memory ?? base.memory;
  const sharedBuffers = own.sharedBuffers ?? base.sharedBuffers;
  const most = Math.floor(parseMiB(memory) / 2);
  if (parseMiB(sharedBuffers) <= most) return [];
  const all = [...reliesOn, [...path, "memory"], [...path, "sharedBuffers"]];
  if (own.sharedBuffers !== undefined) {
    const advice = `at most half of the memory of "${memory}"; write "${formatMiB(most)}" or less, or raise memory`;
    return [{ path: [...path, "sharedBuffers"], advice, reliesOn: all }];
  }
  const least = formatMiB(2 * parseMiB(sharedBuffers));
  const advice = `at least twice the sharedBuffers of "${sharedBuffers}"; write "${least}" or more, or set sharedBuffers, too`;
  return [{ path: [...path, "memory"], advice, reliesOn: all }];
}

const RULES: readonly Rule[] = [plansExist, idsAreUnique, sharedBuffersFit];

/** What all the rules find, each of them run. */
export function checkRules(draft: Draft): readonly Problem[] {
  return RULES.flatMap((rule) => rule(draft));
}
