import type { Drift } from "./drift.ts";
import { byDocker, byRefresh, byStart } from "./fixes.ts";

/** What a network is made with. */
interface NetworkOptions {
  readonly driver: string;
  readonly internal: boolean;
  readonly options: Readonly<Record<string, string>>;
  readonly subnets: readonly string[];
}

export interface DeployedNetwork {
  readonly subject: string;
  readonly id: string;
  readonly name: string;
  /** Of those that a deployment leaves to the engine, empty. */
  readonly made: NetworkOptions;
}

export interface SeenNetwork {
  readonly id: string;
  readonly name: string;
  readonly made: NetworkOptions;
  /** The names of the containers on it that run. */
  readonly attached: readonly string[];
}

/** Networks of the stack, by labels or by name, held against those that were deployed. Pure. */
export function compareNetworks(deployed: readonly DeployedNetwork[], seen: readonly SeenNetwork[]): Drift[] {
  const names = new Set(deployed.map(({ name }) => name));
  const compared = deployed.flatMap((network): Drift[] => {
    const { subject, id, name } = network;
    if (seen.some((one) => one.id === id)) return [];
    const named = seen.find((one) => one.name === name);
    const expected = `network ${name}`;
    if (named === undefined) return [{ subject, kind: "network-missing", found: "none", expected, fix: byStart }];
    const found = ["made by hand", ...madeOtherwise(network.made, named.made)].join("; ");
    const free = named.attached.map((container) => byDocker("network", "disconnect", "--force", name, container));
    const fix = `${[...free, byDocker("network", "rm", name)].join(" && ")}; then ${byStart}`;
    return [{ subject, kind: "network-recreated", found, expected: `${expected} as it was deployed`, fix }];
  });
  const unknown = seen.filter(({ name }) => !names.has(name));
  return [
    ...compared,
    ...unknown.map(({ name }): Drift => {
      const fix = byDocker("network", "rm", name);
      return { subject: "stack", kind: "network-unknown", found: `network ${name}`, expected: "none", fix };
    }),
  ];
}

function madeOtherwise(deployed: NetworkOptions, seen: NetworkOptions): string[] {
  const text = ({ driver, internal, options, subnets }: NetworkOptions) => [
    `driver ${driver}`,
    internal ? "internal" : "with a way out",
    ...(subnets.length === 0 ? [] : [`subnet ${subnets.join(" ")}`]),
    ...Object.entries(options).map(([option, value]) => `${option}=${value}`),
  ];
  const [there, meant] = [text(seen), text(deployed)];
  const missing = meant.filter((part) => !there.includes(part));
  return missing.length === 0 ? [] : [`without ${missing.join(", ")}`];
}

export interface DeployedVolume {
  readonly subject: string;
  readonly name: string;
  /** Whether a tenant's data is in it, rather than backups or files that a deployment writes. */
  readonly data: boolean;
}

export interface SeenVolume {
  readonly name: string;
  readonly labelled: boolean;
  /** The name that a volume with its labels has; undefined where the labels are not those of any. */
  readonly named: string | undefined;
}

/**
 * Volumes held against those that were deployed. The state forgets the volumes of removed tenants, which are kept: they are known by having the
 * name that their label asks for. Pure.
 * @param seen all of the engine's.
 */
export function compareVolumes(deployed: readonly DeployedVolume[], seen: readonly SeenVolume[]): Drift[] {
  const names = new Set(seen.map(({ name }) => name));
  const known = new Set(deployed.map(({ name }) => name));
  const missing = deployed.filter(({ name }) => !names.has(name));
  const unknown = seen.filter(({ name, labelled, named }) => labelled && !known.has(name) && name !== named);
  return [
    ...missing.map(({ subject, name, data }): Drift => {
      const expected = `volume ${name}`;
      if (!data) return { subject, kind: "backups-missing", found: "none", expected, fix: byRefresh };
      const fix = `bring it back from a copy; ${byStart} refuses until then, and says more`;
      return { subject, kind: "volume-missing", found: "none", expected, fix };
    }),
    ...unknown.map(({ name }): Drift => {
      const fix = byDocker("volume", "rm", name);
      return { subject: "stack", kind: "volume-unknown", found: `volume ${name}`, expected: "none", fix };
    }),
  ];
}
