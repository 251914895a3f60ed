import * as z from "zod";
import type { Tenant } from "../tenants/tenant.ts";
import { overlaps } from "./addresses.ts";
import { docker } from "./dockerCli.ts";
import type { LastDeployment } from "./lastDeployment.ts";
import { isOwnedBy, type StackNames } from "./names.ts";
import { previousOf, volumeOf } from "./transitions.ts";

/** What decides whether the engine stands in the way of a deployment. */
export interface EngineQuestion {
  readonly listed: readonly Tenant[];
  readonly last: LastDeployment;
  readonly names: StackNames;
  readonly stack: string;
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
 * What on the engine stands in the way of tenants that are new to this stack: a volume or container of their name that is not ours, a
 * volume that somebody's server runs on, or none where one is to be taken over. The engine itself would hand out an existing volume as a
 * new one. A kept volume of a removed tenant does not stand in the way: it is what the tenant gets back. Empty without new tenants.
 * @throws Error when the engine does not answer.
 */
export async function obstacles({ listed, last, names, stack }: EngineQuestion): Promise<string[]> {
  const fresh = listed.filter((tenant) => previousOf(tenant, last)?.volume === undefined);
  if (fresh.length === 0) return [];
  const found = await Promise.all(fresh.map((tenant) => obstaclesOf(tenant, names, stack)));
  return found.flat();
}

/**
 * Tenants whose volume the engine does not have any more, such as after `docker volume prune`, which takes those of stopped tenants. The
 * engine would make an empty one for them, and they would be up again without their data.
 * @throws Error when the engine does not answer.
 */
export async function lostVolumes({ listed, last }: Pick<EngineQuestion, "listed" | "last">): Promise<string[]> {
  const kept = listed.flatMap((tenant) => {
    const volume = tenant.state === "removed" ? undefined : previousOf(tenant, last)?.volume;
    return volume === undefined ? [] : [{ id: tenant.id, volume }];
  });
  if (kept.length === 0) return [];
  const there = new Set((await docker("volume", "ls", "--format", "{{.Name}}")).split("\n"));
  return kept
    .filter(({ volume }) => !there.has(volume))
    .map(
      ({ id, volume }) =>
        `Docker engine: got no volume ${volume}, expected it, with the data of "${id}"; bring it back from a copy, ` +
        `or, to begin with an empty one, remove "${id}" and add it again: pgt remove ${id}, take out its entry, pgt create ${id}`,
    );
}

async function obstaclesOf(tenant: Tenant, names: StackNames, stack: string): Promise<string[]> {
  const name = volumeOf(tenant, names);
  const [volume] = volumes.parse(await inspected("volume", name));
  const [container] = containers.parse(await inspected("container", names.tenant(tenant.id)));
  const users = await docker("ps", "--filter", `volume=${name}`, "--format", "{{.Names}}");
  const found: string[] = [];
  if (tenant.adoptedVolume !== undefined && volume === undefined)
    found.push(
      `no volume ${name}, expected the one that tenant "${tenant.id}" takes over; correct volume in its entry`,
    );
  if (
    tenant.adoptedVolume === undefined &&
    volume !== undefined &&
    !isOwnedBy(stack, tenant.origin, volume.Labels ?? {})
  )
    found.push(
      `the volume ${name}, which this stack did not make, expected none; remove it, or take it over on purpose with volume in the entry of "${tenant.id}"`,
    );
  if (volume !== undefined && users !== "")
    found.push(
      `the volume ${name} in use by ${users.replaceAll("\n", ", ")}, expected it free; stop that container first`,
    );
  if (container !== undefined && !isOwnedBy(stack, tenant.id, container.Config.Labels ?? {}))
    found.push(
      `the container ${names.tenant(tenant.id)}, which this stack did not make, expected none; rename or remove it`,
    );
  return found.map((line) => `Docker engine: got ${line}`);
}

/** What `docker inspect` prints, a list; empty where there is nothing of that name. */
async function inspected(kind: "volume" | "container", name: string): Promise<unknown> {
  const listing = kind === "volume" ? ["volume", "ls"] : ["container", "ls", "--all"];
  const format = kind === "volume" ? "{{.Name}}" : "{{.Names}}";
  const all = (await docker(...listing, "--filter", `name=${name}`, "--format", format)).split("\n");
  return all.includes(name) ? JSON.parse(await docker(kind, "inspect", name)) : [];
}

/**
 * Other networks on the engine that have addresses of this stack's: it would refuse the bridge in the middle of a first deployment.
 * @throws Error when the engine does not answer.
 */
export async function overlappingNetworks(subnet: string, names: StackNames): Promise<string[]> {
  const ids = (await docker("network", "ls", "--quiet")).split("\n");
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
