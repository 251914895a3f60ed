import * as z from "zod";
import type { Tenant } from "../tenants/tenant.ts";
import { type DeclaredSpec, declaredSpec } from "./declaredSpec.ts";
import type { ServerSettings } from "./serverSettings.ts";

/** What a tenant's database is to look like. Plain values. */
export interface TenantSpec {
  /** The role that owns the database and that the tenant logs in as. */
  readonly owner: string;
  /** SCRAM-SHA-256 verifier of the owner's password; see `scramVerifier`. */
  readonly verifier: string;
  /** The tenant's database. Another name makes another, empty database; the old one stays. */
  readonly database: string;
  /** The most connections of that role. Sessions above a lower limit live on. */
  readonly connectionLimit: number;
  readonly access: {
    /** Whether the role may log in. Where it may not, its sessions end. */
    readonly login: boolean;
    /** The networks that the router lets in; a change ends the role's sessions, so that none stays that would not be let in now. */
    readonly allow: readonly string[];
  };
  /** There where a connection pool may ask for verifiers. */
  readonly pooler?: true;
  /** Settings that need no restart. One that is gone from here falls back to the server's default. */
  readonly settings: ServerSettings;
  /** What is declared inside the server; undefined for nothing. */
  readonly declared?: DeclaredSpec | undefined;
  /** What the tenant cannot switch off. */
  readonly limits: {
    /** Whether nobody writes. */
    readonly readOnly: boolean;
    /** Whether definitions may change. */
    readonly allowDdl: boolean;
    /** How long a statement, idling in a transaction and waiting for a lock may take, in milliseconds; 0 is no limit. */
    readonly statement: number;
    readonly idle: number;
    readonly lock: number;
    /** Whether the tenant moves: what the move has closed stays so. */
    readonly held?: true;
  };
}

/** Of a tenant that may do everything for as long as it likes. */
export const noLimits: TenantSpec["limits"] = { readOnly: false, allowDdl: true, statement: 0, idle: 0, lock: 0 };

const tenantSpec = z.object({
  owner: z.string(),
  verifier: z.string(),
  database: z.string(),
  connectionLimit: z.number(),
  access: z.object({ login: z.boolean(), allow: z.array(z.string()) }),
  pooler: z.literal(true).exactOptional(),
  settings: z.record(z.string(), z.string()),
  declared: declaredSpec.optional(),
  limits: z
    .object({
      readOnly: z.boolean(),
      allowDdl: z.boolean(),
      statement: z.number(),
      idle: z.number(),
      lock: z.number(),
      held: z.literal(true).exactOptional(),
      // A deployment from before there were any.
    })
    .default(noLimits),
}) satisfies z.ZodType<TenantSpec>;

/** The limits of a tenant, as they go into its specification. A copy that a move fills has none yet: filling it takes as long as it takes. */
export function limitsOf(tenant: Tenant): TenantSpec["limits"] {
  const { readOnly, allowDdl, statementTimeoutMs, idleInTransactionTimeoutMs, lockTimeoutMs, standby } = tenant;
  if (standby === "target") return noLimits;
  const held = standby !== undefined || tenant.moves === true;
  return {
    ...{ readOnly, allowDdl },
    ...{ statement: statementTimeoutMs, idle: idleInTransactionTimeoutMs, lock: lockTimeoutMs },
    ...(held ? { held } : {}),
  };
}

/** The first line of what psql runs: the specification for the `statements`, where data enters at this one place, as one quoted JSON document. */
export function renderTenantSpec(spec: TenantSpec): string {
  return renderVariable("spec", spec);
}

/** Reads what {@link renderTenantSpec} gave, without its line's end. @throws Error for anything else, without its text, which is secret. */
export function parseTenantSpec(line: string): TenantSpec {
  const [, quoted = ""] = /^\\set spec '(.*)'$/.exec(line) ?? [];
  try {
    return tenantSpec.parse(JSON.parse(quoted.replaceAll("''", "'").replaceAll("\\\\", "\\")));
  } catch {
    throw new Error("a tenant's specification: got a line of another form");
  }
}

/** Sets a variable of psql's to a JSON document. @param name letters. */
export function renderVariable(name: string, document: unknown): string {
  return `\\set ${name} ${psqlQuoted(JSON.stringify(document))}\n`;
}

/** A psql meta-command argument: in single quotes, quotes doubled, and backslashes escaped, which psql would read as C escapes. */
function psqlQuoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
