import { isPassing } from "../tenants/standby.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { Settings } from "./settings.ts";

/**
 * What the policies of policy/ are told of a tenant, as the inputs of its component: what no resource shows, or shows as a secret only. They
 * see it before any resource of the tenant is looked at.
 *
 * Most tenants have none of it, since each value costs the state of every tenant. A change is one of the component, and of nothing that runs.
 */
export interface TenantFacts {
  /** Why volumes and backups' key are not protected: the tenant is removed, or goes by itself, or is a copy, or the stack's `deletionProtection` is false. */
  readonly unprotected?: "removed" | "ephemeral" | "copy" | "stack";
  /** Of a tenant of that tier only, and so is the rest. */
  readonly tier?: "production";
  /** Networks (CIDR) whose clients are let in; empty: everybody. */
  readonly allow?: readonly string[];
  readonly backup?: { readonly enabled: boolean; readonly full: string };
  /** Where TLS ends, and with which certificate where that is the tenant's own server. */
  readonly tls?: "terminate" | "own certificate" | "wildcard certificate";
}

/** The facts of one tenant. Pure. */
export function tenantFacts(
  tenant: Tenant,
  { deletionProtection, tenantCertificates }: Pick<Settings, "deletionProtection" | "tenantCertificates">,
): TenantFacts {
  if (tenant.state === "removed") return { unprotected: "removed" };
  const unprotected = whyUnprotected(tenant, deletionProtection);
  if (tenant.tier !== "production") return unprotected;
  const { allow } = tenant.access;
  const { enabled, full } = tenant.backup;
  const own = tenantCertificates.has(tenant.id) ? "own certificate" : "wildcard certificate";
  return {
    ...unprotected,
    tier: tenant.tier,
    allow,
    backup: { enabled, full },
    tls: tenant.tls === "passthrough" ? own : "terminate",
  };
}

function whyUnprotected(tenant: Tenant, deletionProtection: boolean): Pick<TenantFacts, "unprotected"> {
  if (tenant.lifeSeconds !== undefined) return { unprotected: "ephemeral" };
  if (isPassing(tenant.standby)) return { unprotected: "copy" };
  return deletionProtection ? {} : { unprotected: "stack" };
}
