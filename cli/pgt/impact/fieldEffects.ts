import * as z from "zod";
import { tenantHost } from "../../../components/names.ts";
import type { SharedTenant } from "../../../tenants/sharedTenant.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import type { Reason } from "./reasons.ts";

/** What the stack's outputs said of a tenant, as far as it matters here. */
const summary = z.object({
  host: z.string(),
  database: z.string(),
  user: z.string(),
  access: z.object({ enabled: z.boolean(), allow: z.array(z.string()), maxConnectionsPerIp: z.number() }),
  tls: z.string(),
  // A deployment from before there were any says neither.
  readOnly: z.boolean().default(false),
  allowDdl: z.boolean().default(true),
});

export type Summaries = ReadonlyMap<string, z.infer<typeof summary>>;

/** The tenants of the last deployment that succeeded, by id. Those that cannot be read are left out: they count as not known. */
export function summariesIn(outputs: Readonly<Record<string, unknown>>): Summaries {
  const tenants = z.record(z.string(), z.unknown()).safeParse(outputs["tenants"]);
  return new Map(
    Object.entries(tenants.data ?? {}).flatMap(([id, value]) => {
      const { data } = summary.safeParse(value);
      return data === undefined ? [] : [[id, data] as const];
    }),
  );
}

/** What is looked at of a tenant, with or without a server of its own. */
type Looked = Pick<
  Tenant,
  "id" | "formerIds" | "database" | "owner" | "tls" | "readOnly" | "allowDdl" | "access" | "pooler"
> &
  Partial<Pick<SharedTenant, "isolation">>;

/**
 * What another value of a field does where the preview hides it: what goes to the server is secret as a whole.
 * @param hidden whether something of that changes. Where nothing is known of the tenant before, its sessions may end.
 */
export function fieldEffects(
  tenant: Looked,
  domain: string | undefined,
  summaries: Summaries,
  hidden: boolean,
): Reason[] {
  const before = [tenant.id, ...tenant.formerIds.toReversed()]
    .map((id) => summaries.get(id))
    .find((found) => found !== undefined);
  if (before === undefined) {
    const text = "role, database or access: the last deployment left no outputs to compare with, so sessions may end";
    return hidden ? [{ impact: "sessions end", text }] : [];
  }
  const reasons: Reason[] = [];
  const tell = (impact: Reason["impact"], what: string, old: string, young: string) => {
    if (old !== young) reasons.push({ impact, text: `${what} ${old} → ${young}` });
  };
  tell("sessions end", "database", before.database, tenant.database);
  if (domain !== undefined) tell("route only", "host", before.host, tenantHost(tenant.id, domain));
  tell(losesRole(tenant) ? "sessions end" : "in place", roleOf(tenant), before.user, tenant.owner);
  tell("in place", "TLS", before.tls, tenant.tls);
  const closes = !before.readOnly && tenant.readOnly;
  const what = closes ? "read-only, which ends sessions that write:" : "read-only";
  tell(closes ? "sessions end" : "in place", what, onOff(before.readOnly), onOff(tenant.readOnly));
  tell("in place", "changes of definitions", onOff(before.allowDdl), onOff(tenant.allowDdl));
  tell(
    "route only",
    "connections from one address",
    String(before.access.maxConnectionsPerIp),
    String(tenant.access.maxConnectionsPerIp),
  );
  const opens = !before.access.enabled && tenant.access.enabled;
  tell(opens ? "in place" : "sessions end", "access", onOff(before.access.enabled), onOff(tenant.access.enabled));
  // Nobody is in where access is off.
  tell(
    before.access.enabled ? "sessions end" : "in place",
    "allowed networks",
    networks(before.access.allow),
    networks(tenant.access.allow),
  );
  return reasons;
}

/**
 * Whether sessions do not outlive another name of the role: those of a schema, which has that name, are ended; and a client of a pool in transaction
 * mode logs in again by it, under the name of before. A server of its own is reached beside its pool as well: those sessions live on.
 */
function losesRole({ isolation, pooler }: Looked): boolean {
  return isolation === "schema" || pooler?.mode === "transaction";
}

function roleOf(tenant: Looked): string {
  if (tenant.isolation === "schema") return "role and schema";
  const byItsPool = tenant.isolation === undefined && losesRole(tenant);
  return byItsPool ? "role, which ends sessions by its pool:" : "role";
}

function onOff(enabled: boolean): string {
  return enabled ? "on" : "off";
}

function networks(allow: readonly string[]): string {
  return allow.length === 0 ? "all" : allow.join(", ");
}
