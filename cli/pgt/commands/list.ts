import { tenantHost } from "../../../components/names.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { formatMiB } from "../../../tenants/units.ts";
import { alignColumns } from "../../table.ts";
import type { Context } from "../context.ts";
import { containersOf, type StackContainer } from "../engine.ts";
import { listedTenants } from "../tenants.ts";

/** One line of `pgt list`. */
export interface ListedTenant {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly state: string;
  readonly plan: string;
  readonly memoryMiB: number;
  readonly diskMiB: number;
  readonly access: Tenant["access"];
}

/** What the file says, beside what runs. Asks the engine once, and no tenant. */
export function list(context: Context): void {
  const { config, stack } = context;
  const containers = containersOf(stack);
  const tenants = listedTenants(config);
  const listed = tenants.map((tenant): ListedTenant => {
    const { id, plan, memoryMiB, diskMiB, access } = tenant;
    const state = stateOf(tenant, containers.get(config.names.tenant(id)));
    return { id, host: tenantHost(id, config.domain), port: config.port, state, plan, memoryMiB, diskMiB, access };
  });
  const ids = new Set(tenants.map(({ id }) => id));
  const unlisted = [...containers.values()].flatMap(({ tenant }) =>
    tenant === undefined || ids.has(tenant) ? [] : [tenant],
  );
  context.answer(renderList(listed, unlisted), { tenants: listed, notInTheFile: unlisted });
}

/** The ids alone, for shells to complete. Asks nobody. */
export function listIds({ config, answer }: Context): void {
  const ids = listedTenants(config).map(({ id }) => id);
  answer(ids.map((id) => `${id}\n`).join(""), { ids });
}

/** A tenant's state in a word; where what runs is not what the file says, in some more. */
export function stateOf(
  { state }: Pick<Tenant, "state">,
  container: Pick<StackContainer, "state"> | undefined,
): string {
  if (state === "running") {
    if (container === undefined) return "not deployed";
    return container.state === "running" ? "running" : `down (${container.state})`;
  }
  return container === undefined ? state : `${container.state}, to be ${state}`;
}

export function renderList(listed: readonly ListedTenant[], unlisted: readonly string[]): string {
  const header = ["TENANT", "HOST", "STATE", "PLAN", "MEMORY", "DISK", "ACCESS"];
  const rows = listed.map(({ id, host, port, state, plan, memoryMiB, diskMiB, access }) => [
    id,
    `${host}:${port}`,
    state,
    plan,
    formatMiB(memoryMiB),
    formatMiB(diskMiB),
    accessOf(access),
  ]);
  const others = unlisted.map((id) => [id, "-", "not in the file", "-", "-", "-", "-"]);
  return `${alignColumns([header, ...rows, ...others]).join("\n")}\n`;
}

function accessOf({ enabled, allow }: Tenant["access"]): string {
  if (!enabled) return "off";
  if (allow.length === 0) return "everybody";
  return allow.length === 1 ? (allow[0] ?? "") : `${allow.length} networks`;
}
