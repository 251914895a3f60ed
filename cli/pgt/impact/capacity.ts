import { instancePoolerLimits, memoryWithPool, offsiteLimits, routerLimits } from "../../../components/hardening.ts";
import { slotsOfRoles } from "../../../components/serverSettings.ts";
import { loginRoles } from "../../../tenants/declared.ts";
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
  /** Those whose roles may open more connections together than their servers have for them. */
  readonly crowded: readonly Crowded[];
  /** Undefined where no engine answers. */
  readonly host: Host | undefined;
}

interface Crowded {
  readonly id: string;
  /** The limits of all its roles together. */
  readonly limits: number;
  readonly slots: number;
}

/** A comment has only so much room. */
const mostCrowded = 5;

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
    crowded: running.flatMap(crowdedIn),
    host,
  };
}

function crowdedIn(tenant: Tenant): Crowded[] {
  const { id, maxConnections, declared } = tenant;
  const limits = loginRoles(declared).reduce((sum, { connectionLimit }) => sum + connectionLimit, maxConnections);
  const slots = slotsOfRoles(tenant);
  return limits > slots ? [{ id, limits, slots }] : [];
}

/** A tenant's pool has as many as its server. */
function poolShares({ cpuShares, pooler, instance }: Pick<Tenant, "cpuShares" | "pooler" | "instance">): number {
  if (instance === true) return instancePoolerLimits.cpuShares;
  return pooler === undefined ? 0 : cpuShares;
}

/** The sums in words, a line each. */
export function capacityLines(capacity: Capacity): string[] {
  const { running, memoryMiB, sharedMemoryMiB, cpuShares, sharedCpuShares, crowded, host } = capacity;
  const whole = memoryMiB + sharedMemoryMiB;
  const who = `${running} running ${running === 1 ? "tenant" : "tenants"} and what they share`;
  const unknown = "what the machine has is not known, because no Docker engine answers here";
  return [
    `memory: ${gib(whole)} may be used by ${who}; ${host === undefined ? unknown : shareOf(whole, host.memoryMiB)}`,
    `processors: ${cpuShares} CPU shares of tenants beside ${sharedCpuShares} of what they share; ` +
      `${host === undefined ? unknown : `the machine has ${host.processors}`}`,
    ...(crowded.length === 0 ? [] : [connectionsLine(crowded)]),
  ];
}

function connectionsLine(crowded: readonly Crowded[]): string {
  const told = crowded.slice(0, mostCrowded).map(({ id, limits, slots }) => `${id} ${limits} of ${slots}`);
  const more = crowded.length - told.length;
  return `connections: roles may open more together than their server has, MORE THAN THERE IS: ${told.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}

function shareOf(whole: number, memoryMiB: number): string {
  const percent = Math.round((whole / memoryMiB) * 100);
  return `the machine has ${gib(memoryMiB)}, so ${percent} % of it${whole > memoryMiB ? ": MORE THAN THERE IS" : ""}`;
}

function gib(mebibytes: number): string {
  return mebibytes < 1024 ? formatMiB(mebibytes) : `${(mebibytes / 1024).toFixed(1)} GB`;
}
