import { instancePoolerLimits, memoryWithPool, offsiteLimits, routerLimits } from "../../../components/hardening.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { formatMiB } from "../../../tenants/units.ts";

/** What the machine has that tenants run on. */
export interface Host {
  readonly memoryMiB: number;
  readonly processors: number;
}

/** What the tenants that are to run may use together, beside what the machine has. */
export interface Capacity {
  /** How many are to run. */
  readonly running: number;
  /** Limits of memory and CPU shares: of the tenants, and of the containers that they share. */
  readonly memoryMiB: number;
  readonly sharedMemoryMiB: number;
  readonly cpuShares: number;
  readonly sharedCpuShares: number;
  /** Undefined where no engine answers. */
  readonly host: Host | undefined;
}

/** The sums over the tenants that are to run. Pure. @param offsite whether a container copies backups elsewhere. */
export function capacityOf(tenants: readonly Tenant[], host: Host | undefined, offsite = false): Capacity {
  const running = tenants.filter(({ state }) => state === "running");
  const sum = (of: (tenant: Tenant) => number) => running.reduce((total, tenant) => total + of(tenant), 0);
  return {
    running: running.length,
    memoryMiB: sum(memoryWithPool),
    sharedMemoryMiB: routerLimits.memory + (offsite ? offsiteLimits.memory : 0),
    cpuShares: sum((tenant) => tenant.cpuShares + poolShares(tenant)),
    sharedCpuShares: routerLimits.cpuShares + (offsite ? offsiteLimits.cpuShares : 0),
    host,
  };
}

/** A tenant's pool has as many as its server. */
function poolShares({ cpuShares, pooler, instance }: Pick<Tenant, "cpuShares" | "pooler" | "instance">): number {
  if (instance === true) return instancePoolerLimits.cpuShares;
  return pooler === undefined ? 0 : cpuShares;
}

/** The sums in words, a line each. */
export function capacityLines(capacity: Capacity): string[] {
  const { running, memoryMiB, sharedMemoryMiB, cpuShares, sharedCpuShares, host } = capacity;
  const whole = memoryMiB + sharedMemoryMiB;
  const who = `${running} running ${running === 1 ? "tenant" : "tenants"} and what they share`;
  const unknown = "what the machine has is not known, because no Docker engine answers here";
  return [
    `memory: ${gib(whole)} may be used by ${who}; ${host === undefined ? unknown : shareOf(whole, host.memoryMiB)}`,
    `processors: ${cpuShares} CPU shares of tenants beside ${sharedCpuShares} of what they share; ` +
      `${host === undefined ? unknown : `the machine has ${host.processors}`}`,
  ];
}

function shareOf(whole: number, memoryMiB: number): string {
  const percent = Math.round((whole / memoryMiB) * 100);
  return `the machine has ${gib(memoryMiB)}, so ${percent} % of it${whole > memoryMiB ? ": MORE THAN THERE IS" : ""}`;
}

function gib(mebibytes: number): string {
  return mebibytes < 1024 ? formatMiB(mebibytes) : `${(mebibytes / 1024).toFixed(1)} GB`;
}
