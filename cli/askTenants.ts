import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";
import { mapAtOnce } from "../components/atOnce.ts";
import { ask, type Psql } from "./psql.ts";
import type { Answer, TenantStatus } from "./renderStatus.ts";
import type { TenantOutput } from "./stackOutputs.ts";

/** Asks every tenant for its time, as a client does; those that let nobody in from here are not asked. */
export function askTenants(
  tenants: Readonly<Record<string, TenantOutput>>,
  psql: Psql,
  serviceFile: string,
): Promise<TenantStatus[]> {
  const here = ownAddresses();
  return mapAtOnce(Object.entries(tenants), async ([id, tenant]) => {
    const answer = whyNotAsked(tenant, here) ?? (await ask(psql, serviceFile, id));
    return { id, tenant, answer };
  });
}

/** Why a tenant cannot be asked from one of these addresses; undefined when it can. */
export function whyNotAsked(
  { state, access }: Pick<TenantOutput, "state" | "access">,
  addresses: readonly string[],
): Answer | undefined {
  if (state === "stopped") return { kind: "stopped" };
  if (!access.enabled) return { kind: "closed" };
  const allowed =
    access.allow.length === 0 || access.allow.some((network) => addresses.some((one) => isIn(one, network)));
  return allowed ? undefined : { kind: "restricted" };
}

/** The addresses that this machine can be seen to come from. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));
}

function isIn(address: string, network: string): boolean {
  const [parsed, range] = [ipaddr.process(address), ipaddr.parseCIDR(network)];
  return parsed.kind() === range[0].kind() && parsed.match(range);
}
