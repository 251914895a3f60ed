import * as z from "zod";
import { lines } from "../../../components/dockerCli.ts";
import { areBackupsOf, isOwnedBy, isPoolerOf, ownerLabels, type StackNames } from "../../../components/names.ts";
import { dockerAtOnce } from "../engine.ts";
import type { SeenContainer } from "./compareContainers.ts";
import type { SeenNetwork, SeenVolume } from "./compareEngine.ts";
import type { Deployed } from "./deployed.ts";
import { type ImageDefaults, inspected, optionsOnEngine } from "./inspected.ts";

/** What the engine has of a stack's. */
export interface SeenEngine {
  readonly containers: readonly SeenContainer[];
  readonly networks: readonly SeenNetwork[];
  readonly volumes: readonly SeenVolume[];
  /** Whether the kernel counts swap; where it does not, the engine leaves that limit out. */
  readonly countsSwap: boolean;
}

/** Some hundred containers are described in a second or two. */
const limit = 60_000;

const row = z.object({
  ID: z.string().default(""),
  Name: z.string().default(""),
  Names: z.string().default(""),
  Labels: z.string(),
  Networks: z.string().default(""),
});

const images = z.array(
  z.object({
    Config: z.object({
      Entrypoint: z.array(z.string()).nullish(),
      Env: z.array(z.string()).nullish(),
    }),
  }),
);

const networks = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    Driver: z.string(),
    Internal: z.boolean(),
    Options: z.record(z.string(), z.string()).nullable(),
    IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string().optional() })).nullable() }),
    Containers: z.record(z.string(), z.object({ Name: z.string() })).nullish(),
  }),
);

/**
 * Everything that is this stack's by its labels, or has the id, name or network of something that was deployed. Lists and describes, each with one
 * command for all. @throws OperatorError when the engine does not answer.
 */
export async function readEngine(stack: string, names: StackNames, deployed: Deployed): Promise<SeenEngine> {
  const [containers, networks, volumes, swapLimit] = await Promise.all([
    readContainers(stack, deployed),
    readNetworks(stack, deployed),
    readVolumes(stack, names),
    dockerAtOnce(limit, "info", "--format", "{{json .SwapLimit}}"),
  ]);
  return { containers, networks, volumes, countsSwap: swapLimit === "true" };
}

async function readContainers(stack: string, deployed: Deployed): Promise<SeenContainer[]> {
  const bridges = new Set(deployed.networks.map(({ name }) => name));
  const ids = new Set(deployed.containers.map(({ id }) => id));
  const taken = new Set(deployed.containers.map(({ name }) => name));
  const rows = await list("container", "ls", "--all", "--no-trunc");
  const ours = rows.filter(
    ({ ID, Names, Labels, Networks }) =>
      ids.has(ID) ||
      taken.has(Names) ||
      isLabelled(stack, Labels) ||
      Networks.split(",").some((name) => bridges.has(name)),
  );
  if (ours.length === 0) return [];
  const [described, defaults] = await Promise.all([
    dockerAtOnce(limit, "container", "inspect", ...ours.map(({ ID }) => ID)),
    imageDefaults(deployed),
  ]);
  return z
    .array(inspected)
    .parse(JSON.parse(described))
    .map((container) => ({
      id: container.Id,
      name: container.Name.replace(/^\//, ""),
      created: container.Created,
      status: container.State.Status,
      labelled: hasLabels(stack, container.Config.Labels ?? {}),
      options: optionsOnEngine(container, defaults.get(container.Config.Image)),
    }));
}

/** By the image's name. Of one that is gone from the engine nothing is known, which only matters for containers that were made by hand. */
async function imageDefaults(deployed: Deployed): Promise<ReadonlyMap<string, ImageDefaults>> {
  const tags = new Set(deployed.containers.flatMap(({ options }) => options.made["image"] ?? []));
  const found = await Promise.all([...tags].map(describeImage));
  return new Map(found.flat());
}

async function describeImage(tag: string): Promise<[string, ImageDefaults][]> {
  try {
    const described = images.parse(JSON.parse(await dockerAtOnce(limit, "image", "inspect", tag)));
    return described.map(({ Config }) => [tag, { entrypoint: Config.Entrypoint ?? [], environment: Config.Env ?? [] }]);
  } catch {
    return [];
  }
}

async function readNetworks(stack: string, deployed: Deployed): Promise<SeenNetwork[]> {
  const taken = new Set(deployed.networks.map(({ name }) => name));
  const rows = await list("network", "ls", "--no-trunc");
  const ours = rows.filter(({ Name, Labels }) => taken.has(Name) || isLabelled(stack, Labels));
  if (ours.length === 0) return [];
  const described = await dockerAtOnce(limit, "network", "inspect", ...ours.map(({ ID }) => ID));
  return networks.parse(JSON.parse(described)).map(({ Id, Name, Driver, Internal, Options, IPAM, Containers }) => ({
    id: Id,
    name: Name,
    attached: Object.values(Containers ?? {}).map((container) => container.Name),
    made: {
      driver: Driver,
      internal: Internal,
      options: Options ?? {},
      subnets: (IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
    },
  }));
}

async function readVolumes(stack: string, names: StackNames): Promise<SeenVolume[]> {
  const rows = await list("volume", "ls");
  return rows.map(({ Name, Labels }) => {
    const labels = labelsIn(Labels);
    return { name: Name, labelled: hasLabels(stack, labels), named: nameByLabels(stack, names, Name, labels) };
  });
}

/** The name that a volume with these labels has; undefined where no volume has them. */
function nameByLabels(
  stack: string,
  names: StackNames,
  name: string,
  labels: Readonly<Record<string, string>>,
): string | undefined {
  const [tenant, backups] = [labels["dev.pgtenants.tenant"], labels["dev.pgtenants.backups"]];
  if (tenant !== undefined && isOwnedBy(stack, tenant, labels)) return names.tenant(tenant);
  if (backups !== undefined && areBackupsOf(stack, backups, labels)) return names.backups(backups);
  const pooler = labels["dev.pgtenants.pooler"];
  if (pooler !== undefined && isPoolerOf(stack, pooler, labels)) return names.pooler(pooler);
  return [names.routerFiles, names.offsite].find((one) => one === name);
}

async function list(...args: readonly string[]) {
  const printed = await dockerAtOnce(limit, ...args, "--format", "{{json .}}");
  return lines(printed).map((line) => row.parse(JSON.parse(line)));
}

/** Out of the list that Docker prints. None of our labels' values has a comma; a foreign one's part without `=` is none of ours. */
function labelsIn(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(",").map((pair): [string, string] => {
    const [label = "", ...value] = pair.split("=");
    return [label, value.join("=")];
  });
  return Object.fromEntries(pairs);
}

function isLabelled(stack: string, text: string): boolean {
  return hasLabels(stack, labelsIn(text));
}

function hasLabels(stack: string, labels: Readonly<Record<string, string>>): boolean {
  return ownerLabels(stack).every(({ label, value }) => labels[label] === value);
}
