import * as pulumi from "@pulumi/pulumi";

/** A resource as the program registered it. Secret inputs are left out of `plain`. */
export interface Registered {
  /** The resource's own type, after its parent's where it has one: `<parent's type>$<type>`, as in its URN. */
  readonly type: string;
  readonly name: string;
  readonly plain: Record<string, unknown>;
  /** The names of the inputs that are secret as a whole. */
  readonly secrets: readonly string[];
}

type Inputs = Record<string, unknown>;

/** The password that every mocked RandomPassword has: no plain input may hold it. */
export const canary = "Canary0Canary0Canary0Canary0Cana";

/** What a provider would compute, by resource type. Any other type is one that the test does not expect. */
const computed: Readonly<Record<string, Inputs>> = {
  "docker:index/network:Network": {},
  "docker:index/volume:Volume": {},
  "docker:index/container:Container": {},
  "random:index/randomPassword:RandomPassword": { result: pulumi.secret(canary), bcryptHash: pulumi.secret(canary) },
  "command:local:Command": { stdout: "", stderr: "" },
};

/** Stands for the router's routes, which tenants wait for; not a resource of the component under test. */
export function routesResource(): pulumi.Resource {
  return new pulumi.ComponentResource("test:index:Routes", "routes");
}

/** How a secret looks in the inputs that a mock is given (sdk/nodejs/runtime/rpc.ts). */
const secretMark = "4dabf18193072939515e22adb298388d";

/** Runs `register` against mocks and returns what it registered, in the order of names. */
export async function registeredBy(register: () => unknown, preview = false): Promise<Registered[]> {
  const registered: Omit<Registered, "type">[] = [];
  await pulumi.runtime.setMocks(
    strictMocks(preview, (resource) => registered.push(resource)),
    "pgtenants",
    "dev",
    preview,
  );
  const types = typesByName();
  register();
  await pulumi.runtime.disconnect();
  return registered
    .filter(({ name }) => name !== "routes")
    .map((resource) => ({ ...resource, type: types(resource.name) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Mocks that throw for any resource type or provider function that no test expects; vitest fails on the rejection that follows. */
export function strictMocks(
  preview: boolean,
  record: (resource: Omit<Registered, "type">) => void,
): pulumi.runtime.Mocks {
  return {
    newResource: ({ type, name, inputs, custom }) => {
      const outputs = custom === false ? {} : computed[type];
      if (outputs === undefined) throw new Error(`no mock for a resource of type ${type} ("${name}")`);
      const [plain, secrets] = split(inputs);
      record({ name, plain, secrets });
      return { id: preview ? undefined : `${name}-id`, state: { ...inputs, ...outputs } };
    },
    call: ({ token }) => {
      throw new Error(`no mock for a call of ${token}`);
    },
  };
}

/** The mocked monitor alone knows parents, and only by the URNs that it made. */
function typesByName(): (name: string) => string {
  const monitor: unknown = pulumi.runtime.getMonitor();
  return (name) => {
    const urns = [...(monitor as { getRegisteredResources(): Map<string, unknown> }).getRegisteredResources().keys()];
    const parts = urns.map((urn) => urn.split("::")).find((parts) => parts.at(-1) === name);
    return parts?.[2] ?? "";
  };
}

function split(inputs: Inputs): [Inputs, string[]] {
  const isSecret = ([, value]: [string, unknown]) => typeof value === "object" && value !== null && secretMark in value;
  const entries = Object.entries(inputs);
  return [
    Object.fromEntries(entries.filter((entry) => !isSecret(entry))),
    entries.filter(isSecret).map(([name]) => name),
  ];
}
