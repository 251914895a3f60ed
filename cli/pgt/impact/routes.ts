import { diff } from "node:util";
import { parse } from "yaml";
import { resourceTypes } from "../../../components/stackState.ts";
import type { PreviewStep } from "./preview.ts";
import { recordIn } from "./words.ts";

/** Lines shown around a change. */
const context = 2;

/** The router's dynamic.yml before and after; undefined where the deployment does not write it. */
export interface RouteTexts {
  readonly before: string;
  readonly after: string;
}

/** Both texts, from the standard input of the step that writes them. */
export function routeTexts(steps: readonly PreviewStep[]): RouteTexts | undefined {
  const step = steps.find(({ type, name }) => type === resourceTypes.command && name === "traefik-routes");
  if (step === undefined) return undefined;
  const text = (inputs: Readonly<Record<string, unknown>> = {}) => {
    const { stdin } = inputs;
    return typeof stdin === "string" ? stdin : "";
  };
  return { before: text(step.before?.inputs), after: text(step.after?.inputs) };
}

/** What differs between two texts, line by line, with lines around each place; empty where nothing does. */
export function hunks({ before, after }: RouteTexts): string[] {
  const lines = (text: string) => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));
  // Node.js counts from the second to the first: 1 is what only the first has.
  const entries = diff(lines(before), lines(after)).map(([only, line]) => ({ mark: marks[only], line }));
  const shown = entries.map((_, at) =>
    entries.slice(Math.max(0, at - context), at + context + 1).some(({ mark }) => mark !== " "),
  );
  return entries.flatMap(({ mark, line }, at) => {
    if (shown[at] !== true) return [];
    const cut = at > 0 && shown[at - 1] !== true ? ["…"] : [];
    return [...cut, `${mark} ${line}`.trimEnd()];
  });
}

const marks = { "-1": "+", "0": " ", "1": "-" } as const;

/** The tenants whose own part of dynamic.yml is not the same in both texts, by the id that it is under. */
export function changedRoutes({ before, after }: RouteTexts): ReadonlySet<string> {
  const [old, young] = [partsIn(before), partsIn(after)];
  const ids = new Set([...old.keys(), ...young.keys()]);
  return new Set([...ids].filter((id) => old.get(id) !== young.get(id)));
}

/** A tenant's router, service and list of networks as one text; the definitions that all share are named in the router. */
function partsIn(text: string): ReadonlyMap<string, string> {
  const { routers, services, middlewares } = recordIn(recordIn(parse(text))["tcp"]);
  const [byRouter, byService, byName] = [recordIn(routers), recordIn(services), recordIn(middlewares)];
  return new Map(
    Object.entries(byRouter).map(([id, router]) => [
      id,
      JSON.stringify([router, byService[id], byName[`allow-${id}`]]),
    ]),
  );
}
