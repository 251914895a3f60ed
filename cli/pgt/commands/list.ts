import { tenantHost } from "../../../components/names.ts";
import type { SharedTenant } from "../../../tenants/sharedTenant.ts";
import type { Standby } from "../../../tenants/standby.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { formatMiB } from "../../../tenants/units.ts";
import { alignColumns } from "../../table.ts";
import type { Context } from "../context.ts";
import { containersOf, type StackContainer } from "../engine.ts";
import { listedHere } from "../tenants.ts";

/** One line of `pgt list`. */
export interface ListedTenant {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly state: string;
  readonly plan: string;
  /** Absent where those are the instance's. */
  readonly memoryMiB?: number;
  readonly diskMiB?: number;
  /** Of a tenant that shares: with whom, and what keeps it apart. */
  readonly instance?: string;
  readonly isolation?: SharedTenant["isolation"];
  readonly access: Tenant["access"];
  /** Of a second place of a tenant that moves or moved: see docs/move.md. */
  readonly standby?: Standby;
}

/** What the file says, beside what runs. Asks the engine once, and no tenant. */
export function list(context: Context): void {
  const { config, stack } = context;
  const containers = containersOf(stack);
  const { servers, shared, beside } = listedHere(config);
  const reached = ({ id, standby, instance }: Pick<Tenant, "id" | "standby" | "instance">) => ({
    host: standby !== undefined || instance === true ? "-" : tenantHost(id, config.domain),
    port: config.port,
    ...(standby === undefined ? {} : { standby }),
  });
  const listed = [
    ...[...servers, ...beside.servers].map((tenant): ListedTenant => {
      const { id, plan, memoryMiB, diskMiB, access } = tenant;
      const state = stateOf(tenant, containers.get(config.names.tenant(id)));
      return { id, ...reached(tenant), state, plan, memoryMiB, diskMiB, access };
    }),
    ...[...shared, ...beside.shared].map((tenant): ListedTenant => {
      const { id, plan, access, instance, isolation, standby, state: wanted } = tenant;
      const server = containers.get(config.names.tenant(instance));
      const state = wanted === "running" ? stateOf({ state: wanted }, server) : wanted;
      const host = reached(standby === undefined ? { id } : { id, standby });
      return { id, ...host, state, plan, access, instance, isolation };
    }),
  ];
  const ids = new Set([...servers, ...beside.servers].map(({ id }) => id));
  const unlisted = [...containers.values()].flatMap(({ tenant }) =>
    tenant === undefined || ids.has(tenant) ? [] : [tenant],
  );
  context.answer(renderList(listed, unlisted), { tenants: listed, notInTheFile: unlisted });
}

/** The ids alone, for shells to complete. Asks nobody. */
export function listIds({ config, answer }: Context): void {
  const { servers, shared } = listedHere(config);
  const ids = [...servers, ...shared].map(({ id }) => id);
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

const secondPlaceWords: Readonly<Record<Standby, string>> = {
  target: "a copy that is moved to",
  source: "kept of a move",
  discarded: "given up by a move",
};

export function renderList(listed: readonly ListedTenant[], unlisted: readonly string[]): string {
  const header = ["TENANT", "HOST", "STATE", "PLAN", "MEMORY", "DISK", "ACCESS"];
  const rows = listed.map(({ id, host, port, state, plan, memoryMiB, diskMiB, access, instance, standby }) => [
    id,
    host === "-" ? host : `${host}:${port}`,
    standby === undefined ? state : `${state}, ${secondPlaceWords[standby]}`,
    plan,
    memoryMiB === undefined ? `on ${instance}` : formatMiB(memoryMiB),
    diskMiB === undefined ? "-" : formatMiB(diskMiB),
    host === "-" ? "-" : accessOf(access),
  ]);
  const others = unlisted.map((id) => [id, "-", "not in the file", "-", "-", "-", "-"]);
  return `${alignColumns([header, ...rows, ...others]).join("\n")}\n`;
}

function accessOf({ enabled, allow }: Tenant["access"]): string {
  if (!enabled) return "off";
  if (allow.length === 0) return "everybody";
  return allow.length === 1 ? (allow[0] ?? "") : `${allow.length} networks`;
}
