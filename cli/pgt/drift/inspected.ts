import * as z from "zod";
import {
  type ContainerOptions,
  capabilitiesText,
  type Limits,
  mountText,
  rootText,
  securityText,
} from "./containerOptions.ts";

/** What a container has from its image. */
export interface ImageDefaults {
  readonly entrypoint: readonly string[];
  readonly environment: readonly string[];
}

const bytesPerMiB = 1024 * 1024;
const binding = z.object({ HostIp: z.string(), HostPort: z.string() });
const count = z.number().nullish();

/** What `docker inspect` prints, as far as drift is looked for in it. */
export const inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  Created: z.string(),
  State: z.object({ Status: z.string() }),
  Config: z.object({
    Image: z.string(),
    Cmd: z.array(z.string()).nullable(),
    Entrypoint: z.array(z.string()).nullable(),
    Env: z.array(z.string()).nullable(),
    User: z.string(),
    Labels: z.record(z.string(), z.string()).nullable(),
  }),
  HostConfig: z.object({
    Init: z.boolean().nullish(),
    Dns: z.array(z.string()).nullish(),
    Tmpfs: z.record(z.string(), z.string()).nullish(),
    CapAdd: z.array(z.string()).nullable(),
    CapDrop: z.array(z.string()).nullable(),
    Privileged: z.boolean(),
    SecurityOpt: z.array(z.string()).nullable(),
    ReadonlyRootfs: z.boolean(),
    IpcMode: z.string(),
    PidMode: z.string(),
    UTSMode: z.string(),
    NetworkMode: z.string(),
    PortBindings: z.record(z.string(), z.array(binding).nullable()).nullish(),
    PublishAllPorts: z.boolean(),
    Devices: z.array(z.object({ PathOnHost: z.string() })).nullish(),
    LogConfig: z.object({ Type: z.string() }),
    RestartPolicy: z.object({ Name: z.string(), MaximumRetryCount: z.number() }),
    Memory: z.number(),
    MemorySwap: z.number(),
    MemoryReservation: count,
    CpuShares: z.number(),
    PidsLimit: count,
    NanoCpus: count,
    CpuQuota: count,
    CpuPeriod: count,
    CpusetCpus: z.string().nullish(),
    CpusetMems: z.string().nullish(),
    BlkioWeight: count,
  }),
  Mounts: z.array(
    z.object({
      Type: z.string(),
      Name: z.string().optional(),
      Source: z.string().optional(),
      Destination: z.string(),
      RW: z.boolean(),
    }),
  ),
  NetworkSettings: z.object({
    Networks: z
      .record(z.string(), z.object({ IPAMConfig: z.object({ IPv4Address: z.string().optional() }).nullish() }))
      .nullable(),
  }),
});

type Inspected = z.infer<typeof inspected>;

/** The options of a container that there is. @param image what it has from its image is no option of its own; undefined where that is not known. */
export function optionsOnEngine(
  { Config, HostConfig, Mounts, NetworkSettings }: Inspected,
  image: ImageDefaults | undefined,
): ContainerOptions {
  const networks = Object.entries(NetworkSettings.Networks ?? {});
  return {
    made: {
      image: [Config.Image],
      command: Config.Cmd ?? [],
      entrypoint: ownEntrypoint(Config.Entrypoint ?? [], image),
      // Names alone: a value may be a secret.
      environment: (Config.Env ?? [])
        .filter((pair) => image?.environment.includes(pair) === false)
        .map((pair) => pair.replace(/=.*/s, ""))
        .sort(),
      user: [Config.User],
      "published ports": portsText(HostConfig),
      mounts: Mounts.map(({ Type, Name, Source, Destination, RW }) =>
        mountText(Type, Name ?? Source ?? "", Destination, !RW),
      ).sort(),
      "folders in memory": Object.keys(HostConfig.Tmpfs ?? {}).sort(),
      capabilities: capabilitiesText(HostConfig.CapAdd ?? [], HostConfig.CapDrop ?? []),
      privileges: HostConfig.Privileged ? ["privileged"] : [],
      "security options": securityText(HostConfig.SecurityOpt ?? []),
      "root file system": [rootText(HostConfig.ReadonlyRootfs)],
      namespaces: namespacesText(HostConfig),
      devices: (HostConfig.Devices ?? []).map(({ PathOnHost }) => PathOnHost).sort(),
      DNS: HostConfig.Dns ?? [],
      init: [String(HostConfig.Init ?? false)],
      log: [HostConfig.LogConfig.Type],
    },
    limits: limitsOf(HostConfig),
    networks: Object.fromEntries(networks.map(([name, { IPAMConfig }]) => [name, IPAMConfig?.IPv4Address])),
  };
}

function ownEntrypoint(entrypoint: readonly string[], image: ImageDefaults | undefined): readonly string[] {
  return image === undefined || entrypoint.join("\0") === image.entrypoint.join("\0") ? [] : entrypoint;
}

function limitsOf(host: Inspected["HostConfig"]): Limits {
  const { Name, MaximumRetryCount } = host.RestartPolicy;
  const others = {
    "CPU time": inUse(host.NanoCpus) ?? inUse(host.CpuQuota),
    "CPU period": inUse(host.CpuPeriod),
    "CPU set": host.CpusetCpus,
    "memory nodes": host.CpusetMems,
    "memory reservation": inUse(host.MemoryReservation),
    "disk weight": inUse(host.BlkioWeight),
  };
  return {
    memoryMiB: host.Memory / bytesPerMiB,
    swapMiB: host.MemorySwap === -1 ? -1 : host.MemorySwap / bytesPerMiB,
    cpuShares: host.CpuShares,
    processes: Math.max(host.PidsLimit ?? 0, 0),
    restart: MaximumRetryCount > 0 ? `${Name}:${MaximumRetryCount}` : Name,
    others: Object.entries(others).flatMap(([what, value]) =>
      value === undefined || value === null || value === "" ? [] : [`${what} ${value}`],
    ),
  };
}

/** The engine says 0 for a limit that is not set, or leaves it out, and -1 for one that was taken away. */
function inUse(amount: number | null | undefined): number | undefined {
  return amount === null || amount === undefined || amount <= 0 ? undefined : amount;
}

function portsText({ PortBindings, PublishAllPorts }: Inspected["HostConfig"]): string[] {
  const bound = Object.entries(PortBindings ?? {}).flatMap(([port, bindings]) =>
    (bindings ?? []).map(({ HostIp, HostPort }) => `${port} at ${HostIp === "" ? "*" : HostIp}:${HostPort}`),
  );
  return [...bound.sort(), ...(PublishAllPorts ? ["all exposed ports"] : [])];
}

function namespacesText({ IpcMode, PidMode, UTSMode, NetworkMode }: Inspected["HostConfig"]): string[] {
  const shared = /^(host$|container:)/;
  return [
    `IPC ${IpcMode}`,
    ...(shared.test(NetworkMode) ? [`network ${NetworkMode}`] : []),
    ...(PidMode === "" ? [] : [`processes ${PidMode}`]),
    ...(UTSMode === "" ? [] : [`host name ${UTSMode}`]),
  ];
}
