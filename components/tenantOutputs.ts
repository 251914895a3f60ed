import type { Tenant } from "../tenants/tenant.ts";
import type { Route } from "./dynamicConfig.ts";
import { tenantHost } from "./names.ts";

/** A tenant that has its address on the bridge. */
export type PlacedTenant = Tenant & { readonly address: string };

/** What the stack's `tenants` output says of one tenant. No secrets. */
export interface TenantSummary {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly plan: string;
  /** The fixed address on the bridge. */
  readonly address: string;
  readonly state: "running";
}

/** The stack's `tenants` output: by id, so that the order of tenants.yaml does not show. */
export function summarize(
  tenants: readonly PlacedTenant[],
  domain: string,
  port: number,
): Record<string, TenantSummary> {
  return Object.fromEntries(tenants.map((tenant) => [tenant.id, summary(tenant, domain, port)]));
}

function summary({ id, database, owner, plan, address }: PlacedTenant, domain: string, port: number): TenantSummary {
  return { host: tenantHost(id, domain), port, database, user: owner, plan, address, state: "running" };
}

/** The routes of the whole list. */
export function routesOf(tenants: readonly PlacedTenant[], domain: string): Route[] {
  return tenants.map(({ id, address }) => ({ id, host: tenantHost(id, domain), address }));
}
