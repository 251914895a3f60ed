import { type Phase, phases } from "../results.ts";

/** Something that the engine reported of a resource; `at` in seconds since the start. */
export interface Mark {
  readonly at: number;
  readonly what: "begun" | "done";
  readonly type: string;
  readonly name: string;
}

const rootType = "pulumi:pulumi:Stack";

/**
 * What the time until a new tenant's first answer (`live`) was spent on, in parts that follow each other and add up to it:
 *
 * - start: the CLI, its plugins, Node.js and the SDK, until the program begins;
 * - program: modules, tenants.yaml, the last state and questions to the engine, until the first resource is registered;
 * - engine: the other resources, until the tenant's first one is begun;
 * - create: volume, password and container;
 * - route: what the routes took longer than the container;
 * - server: initdb, the server's start, role and database, until the first answer.
 *
 * @throws Error when a mark is missing, as when a resource was given another name.
 */
export function phasesOf(marks: readonly Mark[], id: string, live: number): Record<Phase, number> {
  const at = (what: Mark["what"], fits: (mark: Mark) => boolean, meant: string): number => {
    const found = marks.find((mark) => mark.what === what && fits(mark));
    if (found === undefined) throw new Error(`the engine reported no ${meant}`);
    return found.at;
  };
  const named = (name: string) => (mark: Mark) => mark.name === name;
  const container = at("done", named(`${id}-server`), `container of ${id}`);
  const ends: Record<Phase, number> = {
    start: at("begun", ({ type }) => type === rootType, "stack"),
    program: at("begun", ({ type }) => type !== rootType && !type.startsWith("pulumi:providers:"), "resource"),
    engine: at("begun", named(`${id}-data`), `volume of ${id}`),
    create: container,
    route: Math.max(container, at("done", named("traefik-routes"), "routes")),
    server: live,
  };
  let before = 0;
  const spent = phases.map((phase) => {
    // Nothing is reported late enough to come behind the answer but what the answer did not wait for.
    const end = Math.min(live, Math.max(before, ends[phase]));
    const seconds = end - before;
    before = end;
    return [phase, seconds] as const;
  });
  return Object.fromEntries(spent) as Record<Phase, number>;
}
