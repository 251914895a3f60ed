import type { Tenant } from "../tenants/tenant.ts";
import { formatMiB } from "../tenants/units.ts";
import type { LastDeployment } from "./lastDeployment.ts";
import { previousOf } from "./transitions.ts";

/** What a running tenant uses now. */
export interface Use {
  /** Memory that cannot be dropped, in MiB. */
  readonly memoryMiB: number;
  /** What its volume holds, in MiB. */
  readonly diskMiB: number;
  /** Sessions of clients. */
  readonly connections: number;
}

/** Above this share of its new disk a tenant would become read-only at once. */
const diskShare = 0.9;

/** The tenants that are to get less than before of what they may be using: only then is it worth asking what they use. */
export function shrinking(listed: readonly Tenant[], last: LastDeployment): Tenant[] {
  return listed.filter((tenant) => {
    const previous = previousOf(tenant, last);
    if (previous === undefined || tenant.state === "removed") return false;
    // A stopped server uses no memory and no connections, but its disk is as full as ever.
    const runsOn = previous.state === "running" && tenant.state === "running";
    const limits = runsOn ? (["memoryMiB", "maxConnections", "diskMiB"] as const) : (["diskMiB"] as const);
    return limits.some((limit) => tenant[limit] < (previous.limits[limit] ?? 0));
  });
}

/** Why a tenant whose server does not run cannot get a smaller disk; empty when it is not to. */
export function unknownUse(tenant: Tenant, last: LastDeployment): string[] {
  const before = previousOf(tenant, last)?.limits.diskMiB;
  if (before === undefined || tenant.diskMiB >= before) return [];
  return [
    `"${tenant.id}": got disk of ${formatMiB(tenant.diskMiB)}, while its server does not run and cannot be asked what is in use; ` +
      `write "${formatMiB(before)}", as before, until it runs. Nothing was changed`,
  ];
}

/** Why a tenant cannot be made as small as its entry says, with the figures; empty when it can. */
export function tooSmall({ id, memoryMiB, diskMiB, maxConnections }: Tenant, use: Use): string[] {
  const found: string[] = [];
  if (use.memoryMiB > memoryMiB)
    found.push(`memory of ${formatMiB(memoryMiB)}, while ${formatMiB(use.memoryMiB)} are in use; write more`);
  if (use.diskMiB > diskMiB * diskShare) {
    const least = formatMiB(Math.ceil(use.diskMiB / diskShare));
    found.push(`disk of ${formatMiB(diskMiB)}, while ${formatMiB(use.diskMiB)} are in use; write "${least}" or more`);
  }
  if (use.connections > maxConnections)
    found.push(`maxConnections of ${maxConnections}, while ${use.connections} are open; close some, or write more`);
  return found.map((line) => `"${id}": got ${line}. Nothing was changed`);
}

/** Reads what the script `use.sh` in a tenant's container prints. @throws Error when a figure is missing. */
export function parseUse(text: string): Use {
  const figure = (name: string): number => {
    const value = Number(new RegExp(`^${name}=([0-9]+)$`, "m").exec(text)?.[1]);
    if (Number.isNaN(value)) throw new Error(`use.sh printed no ${name}`);
    return value;
  };
  return { memoryMiB: figure("memory_mib"), diskMiB: figure("disk_mib"), connections: figure("connections") };
}
