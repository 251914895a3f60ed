import * as z from "zod";
import { SCHEMAS_DATABASE } from "../tenants/names.ts";
import type { SharedTenant } from "../tenants/sharedTenant.ts";
import { tenantHost } from "./names.ts";
import { scramVerifier } from "./scramVerifier.ts";
import { sharedPassword } from "./sharedPassword.ts";
import { renderVariable } from "./tenantSpec.ts";

const sharedSpecs = z.object({
  /** The instance's key; see `sharedPassword`. Secret. */
  key: z.string(),
  tenants: z.array(
    z.object({
      /** The tenant's first id: what is its own on the instance is marked with it. */
      key: z.string(),
      /** Of the first id, so that the verifier of a renamed tenant stays as it is. */
      host: z.string(),
      role: z.string(),
      isolation: z.enum(["database", "schema"]),
      database: z.string(),
      /** One of its own; undefined for one that is derived. Secret. */
      password: z.string().optional(),
      passwordVersion: z.number(),
      /** Whether the role may log in. Where it may not, its sessions end. */
      login: z.boolean(),
      connections: z.number(),
      /** The networks that the router lets in; a change ends the role's sessions. */
      allow: z.array(z.string()),
      /** Of the role. */
      settings: z.record(z.string(), z.string()),
      /** What the watchdog holds the role to, whatever its sessions set, in milliseconds; 0 is no limit. */
      limits: z.object({ statement: z.number(), idle: z.number() }),
    }),
  ),
});

/** What an instance's tenants are to look like: what shared.sql is made for, but for the verifiers, which take a while to compute. */
export type SharedSpecs = z.infer<typeof sharedSpecs>;

/** What one tenant is to look like on its instance. Pure. @param password one of its own. */
export function sharedSpec(
  tenant: SharedTenant,
  domain: string,
  password: string | undefined,
): SharedSpecs["tenants"][number] {
  const { origin, owner, isolation, database, access, state } = tenant;
  return {
    key: origin,
    host: tenantHost(origin, domain),
    role: owner,
    isolation,
    database,
    ...(password === undefined ? {} : { password }),
    passwordVersion: tenant.passwordVersion,
    login: state === "running" && access.enabled,
    connections: tenant.maxConnections,
    allow: [...access.allow],
    settings: {
      statement_timeout: `${tenant.statementTimeoutMs}ms`,
      idle_in_transaction_session_timeout: `${tenant.idleInTransactionTimeoutMs}ms`,
      ...(isolation === "schema" ? { search_path: owner } : {}),
    },
    // A copy that a move fills has none yet: filling it takes as long as it takes.
    limits:
      tenant.standby === "target"
        ? { statement: 0, idle: 0 }
        : { statement: tenant.statementTimeoutMs, idle: tenant.idleInTransactionTimeoutMs },
  };
}

/** Reads what the step's program is told. @throws Error for another form. */
export function parseSharedSpecs(json: string): SharedSpecs {
  return sharedSpecs.parse(JSON.parse(json));
}

/** The line of psql that comes before shared.sql. Verifiers are made here, 1 ms each: only where the step runs. @throws Error for another form. */
export function renderSharedSpec(json: string): string {
  const { key, tenants } = parseSharedSpecs(json);
  return renderVariable("shared", {
    schemas: SCHEMAS_DATABASE,
    tenants: tenants.map(({ host, password, passwordVersion, ...tenant }) => ({
      ...tenant,
      verifier: scramVerifier(host, password ?? sharedPassword(key, tenant.key, passwordVersion)),
    })),
  });
}
