import * as z from "zod";
import { nameIn, type StateResource } from "../../../components/stackState.ts";

/** The resources of a state by what they are and whose they are. */
export class StateTree {
  readonly #resources: readonly StateResource[];
  readonly #byUrn: ReadonlyMap<string, StateResource>;

  constructor(resources: readonly StateResource[]) {
    this.#resources = resources;
    this.#byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  }

  ofType(type: string): StateResource[] {
    return this.#resources.filter((resource) => resource.type === type);
  }

  /** The component that a resource belongs to; undefined for the stack's own. */
  ownerOf({ parent }: StateResource): StateResource | undefined {
    const owner = parent === undefined ? undefined : this.#byUrn.get(parent);
    return owner === undefined || owner.type.startsWith("pulumi:") ? undefined : owner;
  }

  /** A part of a component's, by the end of its name. */
  partOf({ urn }: StateResource, part: string): StateResource | undefined {
    const name = `${nameIn(urn)}-${part}`;
    return this.#resources.find((resource) => resource.parent === urn && nameIn(resource.urn) === name);
  }
}

const named = z.object({ name: z.string() });

/** The name that a container, network or volume was made with, which is not that of the resource. */
export function engineName({ inputs }: StateResource): string {
  return named.parse(inputs).name;
}

const environment = z.record(z.string(), z.string());

/** The environment of a command that is a step; empty where there is none. */
export function environmentOf(step: StateResource | undefined): Readonly<Record<string, string | undefined>> {
  return environment.safeParse(step?.inputs?.["environment"]).data ?? {};
}

/** A secret in a state that was exported in clear. */
const secret = z.object({
  plaintext: z
    .string()
    .transform((json): unknown => JSON.parse(json))
    .pipe(z.string()),
});

/** The standard input of a command. @throws Error where it is secret and was not exported in clear; without the text. */
export function stdinOf({ urn, inputs }: StateResource): string {
  const given = inputs?.["stdin"];
  if (typeof given === "string") return given;
  try {
    return secret.parse(given).plaintext;
  } catch {
    throw new Error(`the stack's state: the standard input of ${nameIn(urn)} cannot be read`);
  }
}
