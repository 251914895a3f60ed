import { resourceTypes, type StateResource } from "../components/stackState.ts";

/**
 * What a killed `pulumi up` leaves behind, told from the stack's state and what is on the engine. Pure.
 */

/** Something on the engine with this stack's labels. */
export interface EngineObject {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
  /** The state that made it, as its label says; empty where there is none. */
  readonly state: string;
}

export interface Leftovers {
  /** On the engine, not in the state: the next `up` would meet their names. No data is in them. */
  readonly orphans: readonly EngineObject[];
  /** URNs in the state whose container or network is gone or stopped: the next `up` would not look. */
  readonly lost: readonly string[];
}

/** Compares containers or networks of one type with the state. */
export function compare(type: string, state: readonly StateResource[], engine: readonly EngineObject[]): Leftovers {
  const known = state.filter((resource) => resource.type === type);
  const ids = new Set(known.map((resource) => resource.id));
  const alive = new Set(engine.filter((object) => object.running).map((object) => object.id));
  return {
    orphans: engine.filter((object) => !ids.has(object.id)),
    lost: known
      .filter((resource) => resource.id !== undefined && !alive.has(resource.id))
      .map((resource) => resource.urn),
  };
}

/**
 * What another state made under this stack's name: somebody else's, or one that was lost. To take it for leftovers would end that stack's
 * sessions, and to go on would hand its data to whoever deploys here. A state that has made something keeps the volumes of tenants that it
 * removed, without knowing them any more.
 * @param own the name of this state, undefined where it has made nothing yet. @param known names of volumes that this state made or was making.
 */
export function foreign(
  own: string | undefined,
  containers: readonly EngineObject[],
  volumes: readonly string[],
  known: readonly string[],
): string[] {
  const made = containers
    .filter(({ state }) => own === undefined || state !== own)
    .map(({ name }) => `container ${name}`);
  const unknown = own === undefined ? volumes.filter((name) => !known.includes(name)) : [];
  const kept = unknown.map((name) => `volume ${name}`);
  return [...made, ...kept];
}

/** The resource that is a state's name. */
export function nameResource(resources: readonly StateResource[]): StateResource | undefined {
  return resources.find(({ urn }) => urn.endsWith(`::${resourceTypes.stateName}::state`));
}

/** The name that the program gave a state; undefined where it has made nothing yet. */
export function stateName(resources: readonly StateResource[]): string | undefined {
  const hex = nameResource(resources)?.outputs?.["hex"];
  return typeof hex === "string" ? hex : undefined;
}
