/** A container as `docker inspect` describes it, as far as the checks look at it. What an engine leaves out is undefined or null. */
export interface InspectedContainer {
  readonly Name: string;
  readonly AppArmorProfile?: string;
  /** SELinux. */
  readonly ProcessLabel?: string;
  readonly Config: {
    readonly Image: string;
    readonly Labels: Readonly<Record<string, string>> | null;
    readonly ExposedPorts?: Readonly<Record<string, unknown>> | null;
    readonly Healthcheck?: { readonly Test?: readonly string[] | null } | null;
  };
  readonly HostConfig: HostConfig;
  readonly Mounts: readonly Mount[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> };
}

/** What the container was asked to have of the host. */
export interface HostConfig {
  readonly AutoRemove: boolean;
  readonly Privileged: boolean;
  readonly ReadonlyRootfs: boolean;
  readonly CapAdd: readonly string[] | null;
  readonly CapDrop: readonly string[] | null;
  readonly SecurityOpt: readonly string[] | null;
  readonly NetworkMode: string;
  readonly PidMode: string;
  readonly IpcMode: string;
  readonly UTSMode: string;
  readonly UsernsMode: string;
  readonly CgroupParent: string;
  readonly PublishAllPorts: boolean;
  readonly PortBindings: Readonly<Record<string, readonly PortBinding[] | null>> | null;
  readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount: number };
  readonly Devices: readonly unknown[] | null;
  readonly DeviceRequests: readonly unknown[] | null;
  readonly DeviceCgroupRules: readonly unknown[] | null;
  readonly Ulimits: readonly { readonly Name: string }[] | null;
  /** Bytes; 0: no limit. */
  readonly Memory: number;
  /** Bytes of memory and swap together; -1: no limit. */
  readonly MemorySwap: number;
  readonly CpuShares: number;
  readonly NanoCpus: number;
  readonly PidsLimit?: number | null;
}

interface PortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

interface Mount {
  readonly Type: string;
  readonly Source?: string;
  readonly Destination: string;
  readonly Propagation: string;
}

/** What the engine itself has, from `docker info --format '{{json .}}'`. */
export interface EngineInfo {
  /** For instance `name=seccomp,profile=default` and `name=apparmor`. */
  readonly SecurityOptions: readonly string[] | null;
  readonly Swarm: { readonly LocalNodeState: string };
}

/**
 * What a container of ours is for: a tenant's server; the router; `copier`, which copies backups elsewhere; `pooler`, a connection pool; `trial`, a second router that tries another listener and goes; `client`, a
 * psql of the operator's, which goes as well.
 */
export type ContainerKind = "tenant" | "router" | "copier" | "pooler" | "trial" | "client";

/** Tells the kind by our labels, by its name, and by whether the container goes when its command has ended. */
export function kindOf({ Name, Config, HostConfig }: InspectedContainer): ContainerKind {
  const has = (name: string) => Config.Labels?.[`dev.pgtenants.${name}`] !== undefined;
  if (has("tenant")) return "tenant";
  if (has("pooler")) return "pooler";
  if (!HostConfig.AutoRemove) return Name.endsWith("_offsite") ? "copier" : "router";
  return has("stack") ? "trial" : "client";
}
