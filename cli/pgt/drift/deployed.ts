import * as z from "zod";
import { typeTokens } from "../../../components/names.ts";
import { nameIn, resourceTypes, type StateResource } from "../../../components/stackState.ts";
import { volumeFolder } from "../../../components/staticConfig.ts";
import { stateName } from "../../leftovers.ts";
import type { DeployedContainer } from "./compareContainers.ts";
import type { DeployedNetwork, DeployedVolume } from "./compareEngine.ts";
import { digestOf } from "./compareFiles.ts";
import type { DeployedPools } from "./comparePools.ts";
import type { DeployedRouter } from "./compareRouter.ts";
import { optionsInState } from "./containerOptions.ts";
import { type DeployedInside, deployedServer, sharingStep } from "./deployedInside.ts";
import { deployedPools } from "./deployedPools.ts";
import { engineName, environmentOf, StateTree, stdinOf } from "./stateTree.ts";

/** What the last deployment made, by the stack's state. Holds secrets: verifiers of passwords. */
export interface Deployed {
  readonly containers: readonly DeployedContainer[];
  /** Tenants and parts that are to have a container, and have none in the state: somebody let the state read that it is gone. */
  readonly withoutContainer: readonly string[];
  readonly networks: readonly DeployedNetwork[];
  readonly volumes: readonly DeployedVolume[];
  readonly router: DeployedRouter | undefined;
  readonly servers: readonly DeployedInside[];
  readonly pools: readonly DeployedPools[];
  /** The ids of all tenants that are there. */
  readonly tenants: readonly string[];
}

/** The steps that set a container's limit of processes, by the end of the container's name: what they are called, and what holds the limit. */
const limitSteps: Readonly<Record<string, string>> = {
  server: "sql",
  router: "listening",
  copier: "config",
  pooler: "pools",
};

/**
 * What the state says was deployed.
 * @param resources of `pulumi stack export --show-secrets`. @throws Error where they are of another form, as another version of this program leaves them.
 */
export function readDeployed(resources: readonly StateResource[]): Deployed {
  const tree = new StateTree(resources);
  const tenants = tree
    .ofType(typeTokens.tenantDatabase)
    .filter(({ outputs }) => outputs?.["state"] !== "removed" && outputs?.["state"] !== "expired");
  const running = tenants.filter(({ outputs }) => outputs?.["state"] === "running");
  // A stack that was taken down has no name any more, and keeps the tenants' components for their volumes.
  const isUp = stateName(resources) !== undefined;
  const parts = isUp ? [...running, ...tree.ofType(typeTokens.traefik), ...tree.ofType(typeTokens.offsite)] : [];
  const containers = tree.ofType(resourceTypes.container);
  const ids = tenants.map(({ urn }) => nameIn(urn));
  return {
    containers: containers.map((container) => deployedContainer(tree, container)),
    withoutContainer: parts
      .filter(({ urn }) => !containers.some((container) => container.parent === urn && !isPooler(container)))
      .map((part) => subjectOf(part)),
    networks: tree.ofType(resourceTypes.network).map((network) => deployedNetwork(tree, network)),
    volumes: tree.ofType(resourceTypes.volume).flatMap((volume) => deployedVolume(tree, volume)),
    router: tree.ofType(typeTokens.traefik).flatMap((router) => deployedRouter(tree, router, ids))[0],
    servers: running.flatMap((tenant) => deployedServer(tree, tenant)),
    pools: running.flatMap((tenant) => deployedPools(tree, tenant)),
    tenants: ids,
  };
}

/** A connection pool's container, which is beside the tenant's own. */
function isPooler({ urn }: StateResource): boolean {
  return nameIn(urn).endsWith("-pooler");
}

/** A tenant's id, or the word for the part of the stack that it is. */
function subjectOf(component: StateResource | undefined): string {
  switch (component?.type) {
    case undefined:
      return "network";
    case typeTokens.traefik:
      return "router";
    default:
      return nameIn(component?.urn ?? "");
  }
}

function deployedContainer(tree: StateTree, container: StateResource): DeployedContainer {
  const owner = tree.ownerOf(container);
  const part = limitSteps[nameIn(container.urn).split("-").at(-1) ?? ""] ?? "";
  const step =
    owner === undefined ? undefined : (tree.partOf(owner, part) ?? sharingStep(tree, nameIn(owner.urn), part));
  return {
    subject: subjectOf(owner),
    id: container.id ?? "",
    name: engineName(container),
    options: optionsInState(container.inputs, Number(environmentOf(step)["PROCESSES"] ?? 0)),
    limitStep: step === undefined ? "" : nameIn(step.urn),
  };
}

const network = z.object({
  name: z.string(),
  driver: z.string(),
  internal: z.boolean().default(false),
  options: z.record(z.string(), z.string()).default({}),
  ipamConfigs: z.array(z.object({ subnet: z.string() })).default([]),
});

function deployedNetwork(tree: StateTree, resource: StateResource): DeployedNetwork {
  const { name, driver, internal, options, ipamConfigs } = network.parse(resource.inputs);
  const made = { driver, internal, options, subnets: ipamConfigs.map(({ subnet }) => subnet) };
  return { subject: subjectOf(tree.ownerOf(resource)), id: resource.id ?? "", name, made };
}

/** The volumes of a removed tenant may go. */
function deployedVolume(tree: StateTree, resource: StateResource): DeployedVolume[] {
  const owner = tree.ownerOf(resource);
  if (owner?.outputs?.["state"] === "removed") return [];
  const data = nameIn(resource.urn).endsWith("-data");
  return [{ subject: subjectOf(owner), name: engineName(resource), data }];
}

function deployedRouter(tree: StateTree, router: StateResource, tenants: readonly string[]): DeployedRouter[] {
  const parts = ["router", "routes", "certificate"].map((part) => tree.partOf(router, part));
  const [container, routes, certificate] = parts;
  if (container === undefined || routes === undefined || certificate === undefined) return [];
  return [
    {
      container: engineName(container),
      routes: stdinOf(routes),
      certificate: { path: environmentOf(certificate)["FILE"] ?? "", digest: digestOf(stdinOf(certificate)) },
      tenants,
    },
  ];
}

/** Where the router has its files. */
export const routerFolder = volumeFolder;
