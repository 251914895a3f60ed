import { fixOf, limitDifferences, told } from "./compareLimits.ts";
import type { ContainerOptions } from "./containerOptions.ts";
import type { Drift } from "./drift.ts";
import { byDocker, byReplacing, byStart } from "./fixes.ts";

/** A container that the last deployment made. */
export interface DeployedContainer {
  readonly subject: string;
  readonly id: string;
  readonly name: string;
  readonly options: ContainerOptions;
  /** The step that sets its limit of processes; runs again to set it anew. */
  readonly limitStep: string;
}

/** A container on the engine, of this stack's by its id, name, labels or network. */
export interface SeenContainer {
  readonly id: string;
  readonly name: string;
  /** ISO 8601. */
  readonly created: string;
  /** The engine's word: running, exited, paused, … */
  readonly status: string;
  /** Whether it has this stack's labels. */
  readonly labelled: boolean;
  readonly options: ContainerOptions;
}

/**
 * What is otherwise with the stack's containers than was deployed. Pure.
 * @param bridges the networks of the stack, on which nobody else has any business.
 */
export function compareContainers(
  deployed: readonly DeployedContainer[],
  seen: readonly SeenContainer[],
  bridges: readonly string[],
): Drift[] {
  const ids = new Set(deployed.map(({ id }) => id));
  const names = new Set(deployed.map(({ name }) => name));
  const others = seen.filter(({ id, name }) => !ids.has(id) && !names.has(name));
  return [
    ...deployed.flatMap((container) => compareOne(container, seen)),
    ...others.filter(({ labelled }) => labelled).map(unknown),
    ...others.filter(({ labelled }) => !labelled).flatMap((guest) => onBridges(guest, bridges)),
  ];
}

function compareOne(deployed: DeployedContainer, seen: readonly SeenContainer[]): Drift[] {
  const { subject, name } = deployed;
  const named = seen.find((container) => container.name === name);
  const same = seen.find(({ id }) => id === deployed.id);
  if (same !== undefined) {
    const others = named === undefined || named === same ? [] : [recreated(deployed, named)];
    return [...others, ...renamed(deployed, same), ...compareSame(deployed, same)];
  }
  if (named !== undefined) return [recreated(deployed, named)];
  return [{ subject, kind: "container-missing", found: "none", expected: `container ${name}`, fix: byStart }];
}

function compareSame(deployed: DeployedContainer, seen: SeenContainer): Drift[] {
  const { subject, options, limitStep } = deployed;
  const limits = limitDifferences(options.limits, seen.options.limits).map(({ kind, found, expected }): Drift => {
    return { subject, kind, found, expected, fix: fixOf(kind, seen.name, limitStep) };
  });
  return [...stateOf(deployed, seen), ...limits, ...compareNetworks(deployed, seen)];
}

function stateOf({ subject }: DeployedContainer, { name, status }: SeenContainer): Drift[] {
  const expected = "running";
  switch (status) {
    case "running":
      return [];
    case "exited":
    case "created":
      return [{ subject, kind: "container-stopped", found: status, expected, fix: byStart }];
    case "paused":
      return [{ subject, kind: "container-paused", found: status, expected, fix: byDocker("unpause", name) }];
    default:
      return [{ subject, kind: "container-failing", found: status, expected, fix: byDocker("logs", name) }];
  }
}

function renamed({ subject, name }: DeployedContainer, seen: SeenContainer): Drift[] {
  if (seen.name === name) return [];
  return [
    { subject, kind: "container-renamed", found: seen.name, expected: name, fix: byDocker("rename", seen.name, name) },
  ];
}

function recreated({ subject, name, options }: DeployedContainer, seen: SeenContainer): Drift {
  const made = `made by hand at ${seen.created.slice(0, 19)}Z`;
  const found = [made, ...differences(options, seen.options)].join("; ");
  return {
    subject,
    kind: "container-recreated",
    found,
    expected: `container ${name} as it was deployed`,
    fix: byReplacing(name),
  };
}

/** Every option that the two have otherwise, told one by one. Pure. */
function differences(deployed: ContainerOptions, seen: ContainerOptions): string[] {
  const made = Object.entries(deployed.made).flatMap(([option, expected]) => {
    const found = seen.made[option] ?? [];
    return told(found) === told(expected) ? [] : [`${option} ${told(found)}, expected ${told(expected)}`];
  });
  const limits = limitDifferences(deployed.limits, seen.limits).map(
    ({ option, found, expected }) => `${option} ${found}, expected ${expected}`,
  );
  const [on, meant] = [Object.keys(seen.networks), Object.keys(deployed.networks)].map((list) => told(list.sort()));
  return [...made, ...limits, ...(on === meant ? [] : [`networks ${on}, expected ${meant}`])];
}

/** Names cannot say it where a network was removed: its containers have none left, which is told as well. */
function compareNetworks(
  { subject, options }: DeployedContainer,
  { name, options: { networks } }: SeenContainer,
): Drift[] {
  const deployed = options.networks;
  const further = Object.keys(networks).filter((network) => !(network in deployed));
  const left = Object.entries(deployed).filter(
    ([network, address]) => !(network in networks) || (address !== undefined && networks[network] !== address),
  );
  const expected = Object.keys(deployed).join(", ");
  return [
    ...further.map((network): Drift => {
      const fix = byDocker("network", "disconnect", network, name);
      return { subject, kind: "further-network", found: network, expected: `${expected} alone`, fix };
    }),
    ...left.map(([network, address]): Drift => {
      const at = address === undefined ? network : `${network} at ${address}`;
      const there = network in networks;
      const found = there ? `${network} at ${networks[network] ?? "any address"}` : `not on ${network}`;
      const connect = byDocker(
        "network",
        "connect",
        ...(address === undefined ? [] : ["--ip", address]),
        network,
        name,
      );
      const fix = there ? `${byDocker("network", "disconnect", network, name)} && ${connect}` : connect;
      return { subject, kind: "network-left", found, expected: at, fix };
    }),
  ];
}

function unknown({ name, status }: SeenContainer): Drift {
  const found = `container ${name}, ${status}`;
  return { subject: "stack", kind: "container-unknown", found, expected: "none", fix: byDocker("rm", "--force", name) };
}

function onBridges({ name, options }: SeenContainer, bridges: readonly string[]): Drift[] {
  return bridges
    .filter((bridge) => bridge in options.networks)
    .map((bridge) => ({
      subject: "network",
      kind: "network-guest",
      found: `container ${name} on ${bridge}`,
      expected: "the stack's own containers alone",
      fix: byDocker("network", "disconnect", "--force", bridge, name),
    }));
}
