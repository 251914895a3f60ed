/** A resource as the policies see it: its inputs, before anything is made or changed of it. */
export interface Resource {
  readonly type: string;
  /** The type of the component that it belongs to; undefined where it belongs to the stack itself. */
  readonly parentType: string | undefined;
  /** The name that the program gave it. */
  readonly name: string;
  readonly protect: boolean;
  /** A value that is not known at a preview cannot be looked at: the policy then runs with the deployment. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A list, or none. */
export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A mapping, or an empty one. */
export function mappingIn(value: unknown): Readonly<Record<string, unknown>> {
  const isMapping = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMapping ? (value as Readonly<Record<string, unknown>>) : {};
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value);
}
