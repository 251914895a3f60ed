import { isDeepStrictEqual } from "node:util";
import { effectOnTenant } from "./changeEffects.ts";
import type { LastStack } from "./lastDeployment.ts";
import { serverContainer } from "./serverContainer.ts";
import type { Settings } from "./settings.ts";
import { resourceTypes } from "./stackState.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";
import { previousIdOf, previousOf, volumeOf } from "./transitions.ts";

/** A running tenant whose container the deployment would replace. */
export interface Restart {
  readonly tenant: PlacedTenant;
  /** The id that its container has now. */
  readonly runsAs: string;
  /** The properties that differ. */
  readonly because: readonly string[];
}

/**
 * The tenants that run and that a deployment would restart: what their containers were made from, held against what they would be made from, by
 * the table in changeEffects.ts. Pure. Asked before anything is registered; `pgt plan` says the same of a whole preview.
 */
export function restarts(
  placed: readonly PlacedTenant[],
  last: LastStack,
  { stack, names, postgresImage: image, subnet }: Pick<Settings, "stack" | "names" | "postgresImage" | "subnet">,
): Restart[] {
  return placed.flatMap((tenant): Restart[] => {
    const before = previousOf(tenant, last.tenants)?.container;
    if (tenant.state !== "running" || before === undefined) return [];
    const after = serverContainer({
      ...{ tenant, stack, names, image, bridge: names.stack, state: last.state },
      volume: volumeOf(tenant, names),
      repository: names.backups(tenant.origin),
      pooler: tenant.pooler === undefined && tenant.instance === undefined ? undefined : names.pooler(tenant.origin),
    });
    const own = Object.entries(after).flatMap(([name, value]) => (same(before[name], value) ? [] : [name]));
    // Another bridge is another network, also where the tenant's address is in both.
    const because =
      last.subnet === undefined || last.subnet === subnet ? own : [...new Set([...own, "networksAdvanced"])];
    if (because.length === 0) return [];
    const change = {
      type: resourceTypes.container,
      name: `${tenant.id}-server`,
      operation: "update",
      properties: because,
    } as const;
    if (effectOnTenant(change)?.impact !== "restart") return [];
    return [{ tenant, runsAs: previousIdOf(tenant, last.tenants) ?? tenant.id, because }];
  });
}

/** Whether an input in the state is what it would be again; the engine notes in it which values are a provider's own. */
function same(before: unknown, after: unknown): boolean {
  return isDeepStrictEqual(plain(before), plain(after));
}

function plain(value: unknown): unknown {
  return value === undefined
    ? undefined
    : JSON.parse(JSON.stringify(value), (key, inner) => (key === "__defaults" ? undefined : inner));
}
