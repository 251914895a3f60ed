import * as z from "zod";
import type { Tenant } from "../tenants/tenant.ts";
import { overlaps } from "./addresses.ts";
import { docker, dockerLines } from "./dockerCli.ts";
import type { LastDeployment } from "./lastDeployment.ts";
import { isOwnedBy, isPoolerOf, labelFilters, type StackNames } from "./names.ts";
import { previousOf, volumeOf } from "./transitions.ts";

/** What decides whether the engine stands in the way of a deployment. */
export interface EngineQuestion {
  readonly listed: readonly Tenant[];
  readonly last: LastDeployment;
  readonly names: StackNames;
  readonly stack: string;
  /** The names of all volumes on the engine. */
  readonly volumes: ReadonlySet<string>;
  /** Lets servers of this stack's own be: a preview changes nothing, and `pgt recover` runs one before it removes what another state made. */
  readonly preview: boolean;
}

const labels = z.record(z.string(), z.string()).nullable();
const volumes = z.array(z.object({ Name: z.string(), Labels: labels }));
const networks = z.array(
  z.object({
    Name: z.string(),
    IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string().optional() })).nullable() }),
  }),
);
const containers = z.array(z.object({ Name: z.string(), Config: z.object({ Labels: labels }) }));

/**
 * What on the engine stands in the way of tenants and connection pools that are new to this stack: a volume or container of their name that is
 * not ours, a volume that somebody's server runs on, or none where one is to be taken over. The engine itself would hand out an existing volume
 * as a new one. A kept volume of a removed tenant does not stand in the way: it is what the tenant gets back. Empty where nothing is new.
 * @throws Error when the engine does not answer.
 */
export async function obstacles(question: EngineQuestion): Promise<string[]> {
  const { listed, last } = question;
  const fresh = listed.filter((tenant) => previousOf(tenant, last)?.volume === undefined);
  const pools = listed.filter((tenant) => hasNewPool(tenant, last));
  if (fresh.length + pools.length === 0) return [];
  const taken = new Set(await dockerLines("container", "ls", "--all", "--format", "{{.Names}}"));
  const found = await Promise.all([
    ...fresh.map((tenant) => obstaclesOf(tenant, taken, question)),
    ...pools.map((tenant) => poolObstaclesOf(tenant, taken, question)),
  ]);
  return found.flat().map((line) => `Docker engine: got ${line}`);
}

/** Whether a tenant, or an instance, gets a pool that it had not. */
function hasNewPool(tenant: Tenant, last: LastDeployment): boolean {
  const { state, pooler, instance } = tenant;
  const pooled = state === "running" && (pooler !== undefined || instance !== undefined);
  return pooled && previousOf(tenant, last)?.poolerMemoryMiB === undefined;
}

async function obstaclesOf(tenant: Tenant, taken: ReadonlySet<string>, question: EngineQuestion): Promise<string[]> {
  const { names, stack } = question;
  const name = volumeOf(tenant, names);
  const volume = await volumeLabels(name, question);
  const users = volume === undefined ? [] : await usersOf(name, question);
  const found: string[] = [];
  if (tenant.adoptedVolume !== undefined && volume === undefined)
    found.push(
      `no volume ${name}, expected the one that tenant "${tenant.id}" takes over; correct volume in its entry`,
    );
  if (tenant.adoptedVolume === undefined && volume !== undefined && !isOwnedBy(stack, tenant.origin, volume))
    found.push(
      `the volume ${name}, which this stack did not make, expected none; give the tenant another id or, where its data is meant, copy it into a volume of another name and write that as volume in the entry`,
    );
  if (users.length > 0)
    found.push(`the volume ${name} in use by ${users.join(", ")}, expected it free; stop that container first`);
  const isOurs = (found: Labels) => isOwnedBy(stack, tenant.id, found);
  return [...found, ...(await foreignContainer(names.tenant(tenant.id), taken, isOurs))];
}

/** A socket in somebody's volume would be the server that the pool brings clients to. */
async function poolObstaclesOf(
  tenant: Tenant,
  taken: ReadonlySet<string>,
  question: EngineQuestion,
): Promise<string[]> {
  const { names, stack } = question;
  const name = names.pooler(tenant.origin);
  const volume = await volumeLabels(name, question);
  const isForeign = volume !== undefined && !isPoolerOf(stack, tenant.origin, volume);
  const isOurs = (found: Labels) => isPoolerOf(stack, tenant.id, found);
  return [
    ...(isForeign
      ? [`the volume ${name}, which this stack did not make, expected none; remove it: docker volume rm ${name}`]
      : []),
    ...(await foreignContainer(names.pooler(tenant.id), taken, isOurs)),
  ];
}

type Labels = Readonly<Record<string, string>>;

/** Undefined where there is no such volume. */
async function volumeLabels(name: string, question: EngineQuestion): Promise<Labels | undefined> {
  if (!question.volumes.has(name)) return undefined;
  const [volume] = volumes.parse(await inspect("volume", name));
  return volume?.Labels ?? {};
}

async function foreignContainer(
  name: string,
  taken: ReadonlySet<string>,
  isOurs: (labels: Labels) => boolean,
): Promise<string[]> {
  if (!taken.has(name)) return [];
  const [container] = containers.parse(await inspect("container", name));
  if (container === undefined || isOurs(container.Config.Labels ?? {})) return [];
  return [`the container ${name}, which this stack did not make, expected none; rename or remove it`];
}

/** The running containers on a volume that stand in the way. */
async function usersOf(volume: string, { stack, preview }: EngineQuestion): Promise<string[]> {
  const running = (...filters: readonly string[]) =>
    dockerLines("ps", "--filter", `volume=${volume}`, ...filters, "--format", "{{.Names}}");
  const users = await running();
  if (!preview || users.length === 0) return users;
  const own = await running(...labelFilters(stack));
  return users.filter((name) => !own.includes(name));
}

async function inspect(kind: "volume" | "container", name: string): Promise<unknown> {
  return JSON.parse(await docker(kind, "inspect", name));
}

/**
 * Other networks on the engine that have addresses of this stack's: it would refuse the bridge in the middle of a first deployment.
 * @throws Error when the engine does not answer.
 */
export async function overlappingNetworks(subnet: string, names: StackNames): Promise<string[]> {
  const ids = await dockerLines("network", "ls", "--quiet");
  const found = (await Promise.all(ids.map(networkOf))).flat().filter(({ name }) => name !== names.stack);
  const taken = found.filter((network) => network.subnets.some((other) => overlaps(subnet, other)));
  return taken.map(
    ({ name, subnets }) =>
      `Docker engine: got the network ${name} with ${subnets.join(", ")}, expected nobody to have addresses of ${subnet}; ` +
      "give this stack another subnet: pulumi config set subnet 198.19.0.0/16",
  );
}

/** Empty for one that was removed meanwhile. */
async function networkOf(id: string): Promise<{ readonly name: string; readonly subnets: string[] }[]> {
  try {
    const found = networks.parse(JSON.parse(await docker("network", "inspect", id)));
    return found.map(({ Name, IPAM }) => ({
      name: Name,
      subnets: (IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
    }));
  } catch (error) {
    if (error instanceof Error && /not found|No such network/.test(error.message)) return [];
    throw error;
  }
}
