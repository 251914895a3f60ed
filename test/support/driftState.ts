import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { typeTokens } from "../../components/names.ts";
import type { StateResource } from "../../components/stackState.ts";
import { tenantBridge } from "../../components/tenantBridge.ts";
import { TenantDatabase } from "../../components/tenantDatabase.ts";
import { type PlacedTenant, routesOf } from "../../components/tenantOutputs.ts";
import { Traefik } from "../../components/traefik.ts";
import { canary } from "./mocks.ts";
import { settings } from "./settings.ts";
import { databaseArgs } from "./tenants.ts";

/** What a mock is told of a resource. */
type Registered = pulumi.runtime.MockResourceArgs;

/** What providers would compute: a password, and the name of a state. */
const computed = { result: pulumi.secret(canary), hex: "0123456789abcdef" };

/** How a secret looks in the inputs that a mock is given (sdk/nodejs/runtime/rpc.ts). */
interface Secret {
  readonly value: unknown;
}

const isSecret = (value: unknown): value is Secret =>
  typeof value === "object" && value !== null && "4dabf18193072939515e22adb298388d" in value;

/** The state that a deployment of these tenants leaves, exported with its secrets in clear: what the program asks for, on mocks. */
export async function stateOf(tenants: readonly PlacedTenant[]): Promise<StateResource[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (resource) => {
        registered.push(resource);
        return { id: `${resource.name}-id`, state: { ...resource.inputs, ...computed } };
      },
      call: ({ token }) => {
        throw new Error(`no mock for a call of ${token}`);
      },
    },
    "pgtenants",
    "dev",
  );
  new random.RandomId("state", { byteLength: 8 });
  tenantBridge(settings);
  new Traefik("traefik", { settings, state: "0123456789abcdef", routes: routesOf(tenants, settings.domain) });
  for (const tenant of tenants) new TenantDatabase(tenant.id, databaseArgs(tenant));
  await pulumi.runtime.disconnect();
  const tokens: readonly string[] = Object.values(typeTokens);
  const components = registered.filter(({ type }) => tokens.includes(type));
  return registered.filter(({ name }) => name !== "routes").map((resource) => asInState(resource, components, tenants));
}

function asInState(
  { type, name, inputs }: Registered,
  components: readonly Registered[],
  tenants: readonly PlacedTenant[],
): StateResource {
  const urn = (of: Pick<Registered, "type" | "name">) => `urn:pulumi:dev::pgtenants::${of.type}::${of.name}`;
  const owner = components.find((component) => name.startsWith(`${component.name}-`));
  const tenant = type === typeTokens.tenantDatabase ? tenants.find(({ id }) => id === name) : undefined;
  const clear = Object.entries(inputs).map(([key, value]) => [
    key,
    isSecret(value) ? { ciphertext: "", plaintext: JSON.stringify(value.value) } : value,
  ]);
  return {
    urn: urn({ type, name }),
    type,
    id: `${name}-id`,
    ...(owner === undefined ? {} : { parent: urn(owner) }),
    inputs: Object.fromEntries(clear),
    outputs: tenant === undefined ? { hex: computed.hex } : outputsOf(tenant),
  };
}

/** As the component registers them. */
function outputsOf({ address, poolerAddress, state, memoryMiB, maxConnections, diskMiB }: PlacedTenant) {
  return { address, poolerAddress, state, memoryMiB, maxConnections, diskMiB };
}
