import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as z from "zod";
import { postgresImageTag } from "../../../components/images.ts";
import { typeTokens } from "../../../components/names.ts";
import { poolerFolder } from "../../../components/pgbouncerIni.ts";
import { parseSharedSpecs } from "../../../components/sharedSpec.ts";
import { nameIn, resourceTypes, type StateResource } from "../../../components/stackState.ts";
import { volumeFolder } from "../../../components/staticConfig.ts";
import { parseTenantSpec } from "../../../components/tenantSpec.ts";
import { stateName } from "../../leftovers.ts";
import type { DeployedContainer } from "./compareContainers.ts";
import type { DeployedNetwork, DeployedVolume } from "./compareEngine.ts";
import type { DeployedFile } from "./compareFiles.ts";
import type { DeployedRouter } from "./compareRouter.ts";
import type { DeployedServer } from "./compareServer.ts";
import { optionsInState } from "./containerOptions.ts";
import { byReplacing, byStep } from "./fixes.ts";
import { environmentOf, StateTree, stdinOf } from "./stateTree.ts";

/** A tenant's server: what is in its database, and the files that its deployment wrote. */
export interface DeployedInside extends DeployedServer {
  readonly files: readonly DeployedFile[];
  readonly diskMiB: number;
  /** BACKUP, FULL, INCREMENTAL and TIME_ZONE of its step, a line each. */
  readonly schedule: string;
  readonly keepDays: number;
  /** What the step of its own connection pool was told; undefined where it has none. */
  readonly pool: string | undefined;
}

/** What the last deployment made, by the stack's state. Holds secrets: verifiers of passwords. */
export interface Deployed {
  readonly containers: readonly DeployedContainer[];
  /** Tenants and parts that are to have a container, and have none in the state: somebody let the state read that it is gone. */
  readonly withoutContainer: readonly string[];
  readonly networks: readonly DeployedNetwork[];
  readonly volumes: readonly DeployedVolume[];
  readonly router: DeployedRouter | undefined;
  readonly servers: readonly DeployedInside[];
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

const named = z.object({ name: z.string() });

function deployedContainer(tree: StateTree, container: StateResource): DeployedContainer {
  const owner = tree.ownerOf(container);
  const part = limitSteps[nameIn(container.urn).split("-").at(-1) ?? ""] ?? "";
  const step =
    owner === undefined ? undefined : (tree.partOf(owner, part) ?? sharingStep(tree, nameIn(owner.urn), part));
  return {
    subject: subjectOf(owner),
    id: container.id ?? "",
    name: named.parse(container.inputs).name,
    options: optionsInState(container.inputs, Number(environmentOf(step)["PROCESSES"] ?? 0)),
    limitStep: step === undefined ? "" : nameIn(step.urn),
  };
}

const network = named.extend({
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
  return [{ subject: subjectOf(owner), name: named.parse(resource.inputs).name, data }];
}

function deployedRouter(tree: StateTree, router: StateResource, tenants: readonly string[]): DeployedRouter[] {
  const parts = ["router", "routes", "certificate"].map((part) => tree.partOf(router, part));
  const [container, routes, certificate] = parts;
  if (container === undefined || routes === undefined || certificate === undefined) return [];
  return [
    {
      container: named.parse(container.inputs).name,
      routes: stdinOf(routes),
      certificate: { path: environmentOf(certificate)["FILE"] ?? "", digest: digestOf(stdinOf(certificate)) },
      tenants,
    },
  ];
}

function deployedServer(tree: StateTree, tenant: StateResource): DeployedInside[] {
  const id = nameIn(tenant.urn);
  const [container, step, pools] = ["server", "sql", "pools"].map((part) => tree.partOf(tenant, part));
  if (container === undefined || step === undefined) return [];
  const [backupConfig = "", spec = ""] = stdinOf(step).split("\n");
  const { DISK_MIB = "", BACKUP, FULL, INCREMENTAL, TIME_ZONE } = environmentOf(step);
  const name = named.parse(container.inputs).name;
  const again = byStep(`${id}-sql`);
  const folder = "/var/lib/postgresql";
  const config = Buffer.from(backupConfig, "base64").toString();
  const schedule = [BACKUP, FULL, INCREMENTAL, TIME_ZONE].map((field) => `${field}\n`).join("");
  const written = (kind: DeployedFile["kind"], path: string, text: string, fix = again): DeployedFile => ({
    kind,
    path,
    digests: [digestOf(text)],
    fix,
  });
  return [
    {
      id,
      container: name,
      spec: parseTenantSpec(spec),
      ...sharingOf(tree, id),
      diskMiB: Number(DISK_MIB),
      schedule,
      keepDays: Number(/^repo1-retention-full=(\d+)$/m.exec(config)?.[1]),
      pool: pools === undefined ? undefined : stdinOf(pools),
      files: [
        written("backup-settings", `${folder}/backup/pgbackrest.conf`, config),
        written("backup-settings", `${folder}/backup/schedule`, schedule),
        written("disk-limit", `${folder}/disk-limit`, `${DISK_MIB}\n`),
        ...certificateFiles(tree, tenant),
        ...loginRules(container, name),
      ],
    },
  ];
}

/** A step for everybody on an instance. */
function sharingStep(tree: StateTree, id: string, part: string): StateResource | undefined {
  const sharing = tree.ofType(typeTokens.sharedTenants).find(({ urn }) => nameIn(urn) === `${id}-tenants`);
  return sharing === undefined ? undefined : tree.partOf(sharing, part);
}

/** Everybody on an instance; nothing for any other server. */
function sharingOf(tree: StateTree, id: string): Pick<DeployedServer, "sharing"> {
  const step = sharingStep(tree, id, "sql");
  return step === undefined ? {} : { sharing: parseSharedSpecs(stdinOf(step)).tenants };
}

function certificateFiles(tree: StateTree, tenant: StateResource): DeployedFile[] {
  const step = tree.partOf(tenant, "certificate");
  if (step === undefined) return [];
  const path = `/var/lib/postgresql/tls/${environmentOf(step)["FINGERPRINT"]}.pem`;
  const id = nameIn(tenant.urn);
  const fix = byStep(`${id}-certificate`, `${id}-sql`);
  return [{ kind: "tenant-certificate", path, digests: [digestOf(stdinOf(step))], fix }];
}

/** What the disk guard puts before the rules while the disk is full: images/postgres/guard.sh. */
const rejectAll = "host all all all reject\nlocal all all reject\n";

/** Those of the image are known for the image that this checkout makes; another one's are what they are. */
function loginRules({ inputs }: StateResource, container: string): DeployedFile[] {
  const guards: DeployedFile = {
    kind: "login-rules",
    path: "/run/postgresql/reject.conf",
    digests: [digestOf(""), digestOf(rejectAll)],
    fix: `the disk guard writes it anew at its next look, within a minute; where it does not: docker restart ${container}`,
  };
  if (inputs?.["image"] !== postgresImageTag()) return [guards];
  const ofImage = ["pg_hba.conf", "pg_ident.conf", "pooler_hba.conf"].map((file): DeployedFile => {
    const text = readFileSync(new URL(`../../../images/postgres/${file}`, import.meta.url), "utf8");
    return {
      kind: "login-rules",
      path: `/etc/pgtenants/${file}`,
      digests: [digestOf(text)],
      fix: byReplacing(container),
    };
  });
  return [guards, ...ofImage, ...ofImage.flatMap((file) => (sharesSocket(inputs) ? inForce(file) : []))];
}

/** Whether a server has a connection pool, whose login rules it puts in force when it starts. */
function sharesSocket(inputs: StateResource["inputs"]): boolean {
  return JSON.stringify(inputs?.["mounts"] ?? []).includes(`"${poolerFolder}"`);
}

function inForce(file: DeployedFile): DeployedFile[] {
  return file.path.endsWith("/pooler_hba.conf") ? [{ ...file, path: "/run/postgresql/pooler_hba.conf" }] : [];
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Where the router has its files. */
export const routerFolder = volumeFolder;

/** What tells a verifier from another, and is no secret itself. */
export function verifierDigest({ spec }: DeployedServer): string {
  return digestOf(spec.verifier);
}
