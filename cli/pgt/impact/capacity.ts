import { routerLimits } from "../../../components/hardening.ts";
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
  /** Limits of memory: of the tenants, and of the router beside them. */
  readonly memoryMiB: number;
  readonly routerMemoryMiB: number;
  readonly cpuShares: number;
  readonly routerCpuShares: number;
  /** Undefined where no engine answers. */
  readonly host: Host | undefined;
}

/** The sums over the tenants that are to run. Pure. */
export function capacityOf(tenants: readonly Tenant[], host: Host | undefined): Capacity {
  const running = tenants.filter(({ state }) => state === "running");
  const sum = (of: (tenant: Tenant) => number) => running.reduce((total, tenant) => total + of(tenant), 0);
  return {
    running: running.length,
    memoryMiB: sum(({ memoryMiB }) => memoryMiB),
    routerMemoryMiB: routerLimits.memory,
    cpuShares: sum(({ cpuShares }) => cpuShares),
    routerCpuShares: routerLimits.cpuShares,
    host,
  };
}

/** The sums in words, a line each. */
export function capacityLines(capacity: Capacity): string[] {
  const { running, memoryMiB, routerMemoryMiB, cpuShares, routerCpuShares, host } = capacity;
  const whole = memoryMiB + routerMemoryMiB;
  const who = `${running} running ${running === 1 ? "tenant" : "tenants"} and the router`;
  const unknown = "what the machine has is not known, because no Docker engine answers here";
  return [
    `memory: ${gib(whole)} may be used by ${who}; ${host === undefined ? unknown : shareOf(whole, host.memoryMiB)}`,
    `processors: ${cpuShares} CPU shares of tenants beside ${routerCpuShares} of the router; ` +
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
