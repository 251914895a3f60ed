import { stringify } from "yaml";

/** A tenant's container as the engine describes it, as far as this copies it. */
export interface Inspected {
  readonly Config: { readonly Image: string; readonly User: string; readonly Hostname: string; readonly Cmd: string[] };
  readonly HostConfig: {
    readonly Memory: number;
    readonly MemorySwap: number;
    readonly CpuShares: number;
    readonly PidsLimit: number | null;
    readonly ShmSize: number;
    readonly IpcMode: string;
    readonly CapDrop: string[];
    readonly SecurityOpt: string[];
    readonly Dns: string[];
    readonly Tmpfs: Readonly<Record<string, string>>;
    readonly Ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
    readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
    readonly RestartPolicy: { readonly Name: string };
  };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> };
}

/** What a copy has of its own. */
export interface Own {
  readonly name: string;
  readonly address: string;
  /** The stack whose leftovers it goes with. */
  readonly stack: string;
}

const dataFolder = "/var/lib/postgresql";

/** Arguments of `docker run` for a container like the one that was inspected, on the same network, with a new volume of its own name. */
export function runArguments(
  { Config, HostConfig, NetworkSettings }: Inspected,
  { name, address, stack }: Own,
): string[] {
  const each = (option: string, values: readonly string[]) => values.map((value) => `--${option}=${value}`);
  return [
    ...["run", "--detach", "--init", "--read-only", `--name=${name}`, `--label=dev.pgtenants.stack=${stack}`],
    ...[`--hostname=${Config.Hostname}`, `--user=${Config.User}`, `--ip=${address}`],
    ...each("network", Object.keys(NetworkSettings.Networks)),
    ...each("dns", HostConfig.Dns),
    ...each("cap-drop", HostConfig.CapDrop),
    ...each("security-opt", HostConfig.SecurityOpt),
    ...each(
      "tmpfs",
      Object.entries(HostConfig.Tmpfs).map(([folder, options]) => `${folder}:${options}`),
    ),
    ...each(
      "ulimit",
      HostConfig.Ulimits.map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`),
    ),
    ...each(
      "log-opt",
      Object.entries(HostConfig.LogConfig.Config).map(([option, value]) => `${option}=${value}`),
    ),
    ...[`--log-driver=${HostConfig.LogConfig.Type}`, `--restart=${HostConfig.RestartPolicy.Name}`],
    ...[
      `--memory=${HostConfig.Memory}`,
      `--memory-swap=${HostConfig.MemorySwap}`,
      `--cpu-shares=${HostConfig.CpuShares}`,
    ],
    ...[`--shm-size=${HostConfig.ShmSize}`, `--ipc=${HostConfig.IpcMode}`, `--pids-limit=${HostConfig.PidsLimit ?? 0}`],
    `--mount=type=volume,source=${name},target=${dataFolder},volume-label=dev.pgtenants.stack=${stack}`,
    Config.Image,
    ...Config.Cmd,
  ];
}

/** The same container as the only service of a compose file. */
export function composeFile({ Config, HostConfig, NetworkSettings }: Inspected, { name, address, stack }: Own): string {
  const labels = { "dev.pgtenants.stack": stack };
  const [network = ""] = Object.keys(NetworkSettings.Networks);
  const service = {
    container_name: name,
    image: Config.Image,
    pull_policy: "never",
    command: Config.Cmd,
    hostname: Config.Hostname,
    user: Config.User,
    init: true,
    read_only: true,
    labels,
    networks: { tenants: { ipv4_address: address } },
    dns: HostConfig.Dns,
    cap_drop: HostConfig.CapDrop,
    security_opt: HostConfig.SecurityOpt,
    tmpfs: Object.entries(HostConfig.Tmpfs).map(([folder, options]) => `${folder}:${options}`),
    ulimits: Object.fromEntries(HostConfig.Ulimits.map(({ Name, Soft, Hard }) => [Name, { soft: Soft, hard: Hard }])),
    logging: { driver: HostConfig.LogConfig.Type, options: HostConfig.LogConfig.Config },
    restart: HostConfig.RestartPolicy.Name,
    mem_limit: HostConfig.Memory,
    memswap_limit: HostConfig.MemorySwap,
    cpu_shares: HostConfig.CpuShares,
    shm_size: HostConfig.ShmSize,
    ipc: HostConfig.IpcMode,
    pids_limit: HostConfig.PidsLimit ?? 0,
    volumes: [{ type: "volume", source: "data", target: dataFolder }],
  };
  return stringify({
    services: { tenant: service },
    networks: { tenants: { external: true, name: network } },
    volumes: { data: { name, labels } },
  });
}
