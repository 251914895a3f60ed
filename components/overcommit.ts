import { docker } from "./dockerCli.ts";
import { memoryWithPool, offsiteLimits, routerLimits } from "./hardening.ts";
import type { LastDeployment } from "./lastDeployment.ts";
import type { Settings } from "./settings.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";

type Limit = Pick<Settings, "overcommit" | "offsite">;

/**
 * Why tenants may not be given as much memory together as the list says; empty when they may, and where no limit is set. Limits are not what is
 * used: a tenant that is idle takes some 16 MB, so more than there is can go well for long, and then the kernel ends somebody's server.
 * A list that takes no more than the last deployment did is let through: it may be the way out. Pure.
 */
export function overcommitted(
  placed: readonly Pick<PlacedTenant, "state" | "memoryMiB" | "pooler" | "instance">[],
  last: LastDeployment,
  { overcommit, offsite }: Limit,
  machineMiB: number,
): string[] {
  const shared = routerLimits.memory + (offsite === undefined ? 0 : offsiteLimits.memory);
  const running = placed.filter(({ state }) => state === "running");
  const wanted = running.reduce((sum, tenant) => sum + memoryWithPool(tenant), shared);
  const before = [...last.values()].filter(({ state }) => state === "running");
  const given = before.reduce(
    (sum, { limits, poolerMemoryMiB = 0 }) => sum + (limits.memoryMiB ?? 0) + poolerMemoryMiB,
    shared,
  );
  if (overcommit === undefined || wanted <= overcommit * machineMiB || wanted <= given) return [];
  const needed = Math.ceil((wanted / machineMiB) * 100) / 100;
  return [
    `overcommit: got memory of ${wanted} MB for ${running.length} running tenants and what they share, expected at most ${overcommit} times ` +
      `the ${machineMiB} MB of this machine; stop tenants, give them less memory, or allow it: pulumi config set overcommit ${needed}`,
  ];
}

/** The same, with the engine asked for the machine's memory where a limit is set. @throws Error when it does not answer. */
export async function askOvercommit(
  placed: readonly PlacedTenant[],
  last: LastDeployment,
  limit: Limit,
): Promise<string[]> {
  if (limit.overcommit === undefined) return [];
  const bytes = Number(await docker("info", "--format", "{{.MemTotal}}"));
  return overcommitted(placed, last, limit, Math.floor(bytes / 2 ** 20));
}
