import * as pulumi from "@pulumi/pulumi";

/** A resource as the program registered it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  /** The types from the outermost parent down to the resource itself, as its URN gives them. */
  readonly lineage: string;
}

/** What a provider would compute, by resource type. A type that is not listed is one that the test did not expect. */
const computed: Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>> = {
  "docker:index/network:Network": () => ({}),
  "docker:index/volume:Volume": () => ({}),
  "docker:index/container:Container": () => ({}),
  "random:index/randomPassword:RandomPassword": () => ({ result: canary, bcryptHash: `hash of ${canary}` }),
  "command:local:Command": () => ({ stdout: "", stderr: "" }),
  "pulumi:pulumi:StackReference": () => ({ outputs: {}, secretOutputNames: [] }),
};

/** The password that every mocked RandomPassword has: it must be found in no plain input. */
export const canary = "Canary0Canary0Canary0Canary0Cana";

/**
 * Runs the program's resources against mocks and records what it registers. Any provider function, and any resource type that is not
 * listed above, is an error.
 */
export async function withMocks(preview: boolean): Promise<Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const outputs = computed[type];
        if (type.startsWith("pgtenants:")) return { id: undefined, state: inputs };
        if (outputs === undefined) throw new Error(`no mock for a resource of type ${type} ("${name}")`);
        registered.push({ type, name, inputs, lineage: "" });
        return { id: `${name}-id`, state: { ...inputs, ...outputs(inputs) } };
      },
      call: ({ token }) => {
        throw new Error(`no mock for a call of ${token}`);
      },
    },
    "pgtenants",
    "dev",
    preview,
  );
  return registered;
}
