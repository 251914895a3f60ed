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

/** A mount, as it is told. */
export function mountText(type: string, source: string, target: string, readOnly: boolean): string {
  return `${type} ${source} at ${target}${readOnly ? ", read-only" : ""}`;
}

/** An engine may put `CAP_` before a name. */
export function capabilitiesText(adds: readonly string[], drops: readonly string[]): string[] {
  const plain = (name: string) => name.replace(/^CAP_/, "");
  return [...adds.map((name) => `+${plain(name)}`), ...drops.map((name) => `-${plain(name)}`)].sort();
}

/** Docker takes them with `=` and with `:`, and without what is their default. */
export function securityText(options: readonly string[]): string[] {
  return options
    .map((option) => option.replace(":", "=").replace(/^no-new-privileges$/, "no-new-privileges=true"))
    .sort();
}

/** The root file system, as it is told. */
export function rootText(readOnly: boolean): string {
  return readOnly ? "read-only" : "writable";
}
