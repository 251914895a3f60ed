import type { Closing } from "../../cli/pgt/drift/compareClosing.ts";
import type { DeployedContainer, SeenContainer } from "../../cli/pgt/drift/compareContainers.ts";
import type { DeployedServer, SeenServer } from "../../cli/pgt/drift/compareServer.ts";
import { type ContainerOptions, optionsInState } from "../../cli/pgt/drift/containerOptions.ts";
import { inspected, optionsOnEngine } from "../../cli/pgt/drift/inspected.ts";
import { hardened, serverTmpfs } from "../../components/hardening.ts";
import type { TenantSpec } from "../../components/tenantSpec.ts";

/** The inputs of a small tenant's container, as a state has them. */
export const containerInputs = {
  ...hardened,
  name: "pgtenants-dev.acme",
  hostname: "acme",
  image: "localhost/pgtenants/postgres:18.6-abc",
  init: true,
  command: ["postgres", "--max_connections=88"],
  user: "999:999",
  networkMode: "bridge",
  networksAdvanced: [{ name: "pgtenants-dev", ipv4Address: "198.18.7.7" }],
  dns: ["127.0.0.1"],
  mounts: [
    { type: "volume", source: "pgtenants-dev.acme", target: "/var/lib/postgresql" },
    { type: "volume", source: "pgtenants-dev.acme_backups", target: "/var/lib/pgbackrest" },
  ],
  tmpfs: serverTmpfs,
  memory: 256,
  memorySwap: 256,
  cpuShares: 256,
};

const image = { entrypoint: ["/usr/local/lib/pgtenants/entrypoint.sh"], environment: ["LANG=C.UTF-8"] };

/** What `docker inspect` prints of that container, with the differences that a test is about. */
export function inspectedContainer(
  differences: { config?: object; host?: object; mounts?: readonly object[]; networks?: object } = {},
): ContainerOptions {
  const volume = (Name: string, Destination: string) => ({
    Type: "volume",
    Name,
    Source: "/somewhere",
    Destination,
    RW: true,
  });
  const container = inspected.parse({
    Id: "1".repeat(64),
    Name: "/pgtenants-dev.acme",
    Created: "2026-11-21T12:30:00.123456789Z",
    State: { Status: "running" },
    Config: {
      Image: containerInputs.image,
      Cmd: containerInputs.command,
      Entrypoint: image.entrypoint,
      Env: image.environment,
      User: "999:999",
      Labels: null,
      ...differences.config,
    },
    HostConfig: {
      Init: true,
      Dns: ["127.0.0.1"],
      Tmpfs: serverTmpfs,
      CapAdd: null,
      CapDrop: ["ALL"],
      Privileged: false,
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: true,
      IpcMode: "private",
      PidMode: "",
      UTSMode: "",
      NetworkMode: "bridge",
      PortBindings: {},
      PublishAllPorts: false,
      Devices: null,
      LogConfig: { Type: "json-file" },
      RestartPolicy: { Name: "unless-stopped", MaximumRetryCount: 0 },
      Memory: 256 * 1024 * 1024,
      MemorySwap: 256 * 1024 * 1024,
      MemoryReservation: 0,
      CpuShares: 256,
      PidsLimit: 136,
      NanoCpus: 0,
      CpuQuota: 0,
      CpuPeriod: 0,
      CpusetCpus: "",
      CpusetMems: "",
      BlkioWeight: 0,
      ...differences.host,
    },
    Mounts: differences.mounts ?? [
      volume("pgtenants-dev.acme_backups", "/var/lib/pgbackrest"),
      volume("pgtenants-dev.acme", "/var/lib/postgresql"),
    ],
    NetworkSettings: {
      Networks: differences.networks ?? { "pgtenants-dev": { IPAMConfig: { IPv4Address: "198.18.7.7" } } },
    },
  });
  return optionsOnEngine(container, image);
}

/** A tenant's container that was deployed. */
export const deployedContainer: DeployedContainer = {
  subject: "acme",
  id: "1".repeat(64),
  name: "pgtenants-dev.acme",
  options: optionsInState(containerInputs, 136),
  limitStep: "acme-sql",
};

/** The same as it is on the engine, with the differences that a test is about. */
export function seenContainer(differences: Partial<SeenContainer> = {}): SeenContainer {
  const { id, name } = deployedContainer;
  const created = "2026-11-21T12:30:00.123456789Z";
  return { id, name, created, status: "running", labelled: true, options: inspectedContainer(), ...differences };
}

const spec: TenantSpec = {
  owner: "acme",
  verifier: "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy",
  database: "acme",
  connectionLimit: 40,
  access: { login: true, allow: ["203.0.113.0/24", "2001:db8::/32"] },
  settings: { statement_timeout: "0ms", archive_timeout: "60s" },
  limits: { readOnly: false, allowDdl: true, statement: 0, idle: 600_000, lock: 0 },
};

/** What was deployed of a small tenant's server. */
export function deployedServer(differences: Partial<TenantSpec> = {}): DeployedServer {
  return { id: "acme", container: "pgtenants-dev.acme", spec: { ...spec, ...differences } };
}

type Cluster = SeenServer["cluster"];

/** A role that may do nothing but log in. */
export function role(differences: Partial<Cluster["roles"][number]>): Cluster["roles"][number] {
  return {
    name: "acme",
    bootstrap: false,
    attributes: [],
    login: true,
    connectionLimit: -1,
    validUntil: null,
    password: "none",
    formerOwner: false,
    ...differences,
  };
}

/** The tenant's own role as it was deployed. */
export const ownerRole = role({ connectionLimit: 40, password: "deployed", formerOwner: true });

/** The superuser as the cluster has it. */
export const superuserRole = role({ name: "pgtenants", bootstrap: true, attributes: ["SUPERUSER", "CREATEDB"] });

/** A database as it was deployed. */
export function database(differences: Partial<Cluster["databases"][number]> = {}): Cluster["databases"][number] {
  return { name: "acme", owner: "acme", open: true, connectionLimit: -1, public: [], ...differences };
}

/** What holds a tenant to its limits as it was deployed. */
export function seenClosing(differences: Partial<NonNullable<Closing>> = {}): NonNullable<Closing> {
  const limits = { statement_ms: 0, idle_in_transaction_ms: 600_000, lock_ms: 0, read_only: false, allow_ddl: true };
  return { limits, refuses: null, writable: [], ...differences };
}

/** What a server says that is as it was deployed, with the differences that a test is about. */
export function seenServer(differences: Partial<Cluster> = {}, more: Partial<SeenServer> = {}): SeenServer {
  const cluster: Cluster = {
    roles: [ownerRole, superuserRole],
    memberships: [],
    parameterGrants: [],
    databases: [database(), database({ name: "postgres", owner: "pgtenants" })],
    altered: {
      ...spec.settings,
      "pgtenants.allow": '["203.0.113.0/24", "2001:db8::/32"]',
    },
    written: { TimeZone: "Etc/UTC", max_wal_size: "1024" },
    roleSettings: [],
    ...differences,
  };
  return { cluster, extensions: [], closing: seenClosing(), takenOver: false, ...more };
}
