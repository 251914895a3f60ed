import * as z from "zod";

/** How a container was made and is held, as far as it can be told from a state and from the engine alike. Plain values, lists sorted. */
export interface ContainerOptions {
  /** What only another container could have otherwise, by the words it is told in; empty lists for what is not there. */
  readonly made: Readonly<Record<string, readonly string[]>>;
  readonly limits: Limits;
  /** By the network's name: the address that was asked for there; undefined for whichever is free. */
  readonly networks: Readonly<Record<string, string | undefined>>;
}

/** What `docker update` changes. */
export interface Limits {
  readonly memoryMiB: number;
  /** Memory and swap together; -1 for no limit. */
  readonly swapMiB: number;
  readonly cpuShares: number;
  /** 0 for no limit. */
  readonly processes: number;
  readonly restart: string;
  /** Those that no deployment sets. */
  readonly others: readonly string[];
}

/** What a container has from its image. */
export interface ImageDefaults {
  readonly entrypoint: readonly string[];
  readonly environment: readonly string[];
}

const bytesPerMiB = 1024 * 1024;
const names = z.array(z.string()).default([]);

const inputs = z.object({
  image: z.string(),
  command: names,
  user: z.string().default(""),
  init: z.boolean().default(false),
  dns: names,
  tmpfs: z.record(z.string(), z.string()).default({}),
  mounts: z
    .array(z.object({ type: z.string(), source: z.string(), target: z.string(), readOnly: z.boolean().default(false) }))
    .default([]),
  capabilities: z.object({ adds: names, drops: names }).prefault({}),
  securityOpts: names,
  readOnly: z.boolean().default(false),
  ipcMode: z.string(),
  logDriver: z.string(),
  networkMode: z.string(),
  networksAdvanced: z.array(z.object({ name: z.string(), ipv4Address: z.string().optional() })).default([]),
  memory: z.number(),
  memorySwap: z.number(),
  cpuShares: z.number(),
  restart: z.string(),
});

/**
 * The options of a container, from the inputs that a state has of it. @param processes the limit that its step set.
 * @throws ZodError when they are of another form.
 */
export function optionsInState(given: unknown, processes: number): ContainerOptions {
  const input = inputs.parse(given);
  const onHost = input.networkMode === "host";
  return {
    made: {
      image: [input.image],
      command: input.command,
      entrypoint: [],
      environment: [],
      user: [input.user],
      "published ports": [],
      mounts: input.mounts
        .map(({ type, source, target, readOnly }) => mountText(type, source, target, readOnly))
        .sort(),
      "folders in memory": Object.keys(input.tmpfs).sort(),
      capabilities: capabilitiesText(input.capabilities.adds, input.capabilities.drops),
      privileges: [],
      "security options": securityText(input.securityOpts),
      "root file system": [rootText(input.readOnly)],
      namespaces: [`IPC ${input.ipcMode}`, ...(onHost ? ["network host"] : [])],
      devices: [],
      DNS: input.dns,
      init: [String(input.init)],
      log: [input.logDriver],
    },
    limits: {
      memoryMiB: input.memory,
      swapMiB: input.memorySwap,
      cpuShares: input.cpuShares,
      processes,
      restart: input.restart,
      others: [],
    },
    networks: onHost
      ? { host: undefined }
      : Object.fromEntries(input.networksAdvanced.map(({ name, ipv4Address }) => [name, ipv4Address])),
  };
}

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

/** The engine says 0 for a limit that is not set, or leaves it out. */
function inUse(amount: number | null | undefined): number | undefined {
  return amount === null || amount === 0 ? undefined : amount;
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

function mountText(type: string, source: string, target: string, readOnly: boolean): string {
  return `${type} ${source} at ${target}${readOnly ? ", read-only" : ""}`;
}

/** An engine may put `CAP_` before a name. */
function capabilitiesText(adds: readonly string[], drops: readonly string[]): string[] {
  const plain = (name: string) => name.replace(/^CAP_/, "");
  return [...adds.map((name) => `+${plain(name)}`), ...drops.map((name) => `-${plain(name)}`)].sort();
}

/** Docker takes them with `=` and with `:`, and without what is their default. */
function securityText(options: readonly string[]): string[] {
  return options
    .map((option) => option.replace(":", "=").replace(/^no-new-privileges$/, "no-new-privileges=true"))
    .sort();
}

function rootText(readOnly: boolean): string {
  return readOnly ? "read-only" : "writable";
}
