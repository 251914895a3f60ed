import * as z from "zod";
import { ALLOWED_SETTINGS, type Applies } from "../../../tenants/allowedSettings.ts";
import { TenantSchema } from "../../../tenants/schema.ts";

/** Every field of an entry by its full name, such as `access.allow`. */
export const tenantFields: readonly string[] = Object.entries(TenantSchema.shape).flatMap(([field, type]) => {
  const inner = type instanceof z.ZodExactOptional ? type.unwrap() : type;
  return inner instanceof z.ZodObject ? Object.keys(inner.shape).map((name) => `${field}.${name}`) : [field];
});

/** A change of a running tenant, to be foretold and made. */
export interface FieldChange {
  /** The fields that it is for; more than one where one cannot be changed without the other. */
  readonly fields: readonly string[];
  /** The entry before, beside the id. */
  readonly before?: string;
  /** The entry after, beside the id; with a new id where that is what changes. @param today as a confirmation has it. */
  readonly after: (id: string, today: string) => string;
  /** What the session that is watched has begun, where only such sessions end. */
  readonly session?: string;
}

const change = (field: string, after: string, before = ""): FieldChange => ({
  fields: [field],
  before,
  after: (id) => `id: ${id}, ${after}`,
});

/** All settings of PostgreSQL that are taken over in one way: one stands for them. */
function settingsThat(applies: Applies): readonly string[] {
  const names = Object.entries(ALLOWED_SETTINGS).filter(([, setting]) => setting.applies === applies);
  return names.map(([name]) => `settings.${name}`);
}

/** One change for each field, each for a tenant of its own. */
export const fieldChanges: readonly FieldChange[] = [
  { fields: ["id", "renamedFrom"], after: (id) => `id: ${id}-eu, renamedFrom: ${id}` },
  change("plan", "plan: other"),
  change("database", "database: orders"),
  change("user", "user: app"),
  change("state", "state: stopped"),
  { fields: ["confirm"], after: (id, today) => `id: ${id}, state: removed, confirm: ${id} ${today}` },
  { fields: ["confirmRestart"], after: (id, today) => `id: ${id}, confirmRestart: ${id} ${today}` },
  change("access.enabled", "access: { enabled: false }"),
  change("access.allow", "access: { allow: [127.0.0.0/8] }"),
  change("access.maxConnectionsPerIp", "access: { maxConnectionsPerIp: 7 }"),
  change("password", "password: custom"),
  change("passwordVersion", "passwordVersion: 2"),
  change("tls", "tls: passthrough"),
  change("tier", "tier: production"),
  change("memory", "memory: 160 MB"),
  change("cpuShares", "cpuShares: 300"),
  change("maxConnections", "maxConnections: 21"),
  change("sharedBuffers", "sharedBuffers: 24 MB"),
  change("disk", "disk: 12 GB"),
  change("statementTimeout", "statementTimeout: 30 s"),
  change("idleInTransactionTimeout", "idleInTransactionTimeout: 5 min"),
  change("databases", "databases: [{ name: analytics, schemas: [{ name: mart }] }]"),
  change(
    "roles",
    "roles: [{ name: reporting, readOnly: true, passwordVersion: 2 }, { name: team, login: false }]",
    "roles: [{ name: reporting }]",
  ),
  change("extensions", "extensions: [{ name: vector }]"),
  change("schemas", "schemas: [{ name: sales }]"),
  { fields: settingsThat("reload"), after: (id) => `id: ${id}, settings: { work_mem: 8 MB }` },
  { fields: settingsThat("restart"), after: (id) => `id: ${id}, settings: { max_locks_per_transaction: 96 }` },
  change("lockTimeout", "lockTimeout: 20 s"),
  change("tempFileLimit", "tempFileLimit: 1 GB"),
  { ...change("readOnly", "readOnly: true"), session: "BEGIN; SELECT pg_current_xact_id()" },
  change("allowDdl", "allowDdl: false"),
  change("backup.enabled", "backup: { enabled: false }"),
  change("backup.full", "backup: { full: 0 3 * * 0 }"),
  change("backup.incremental", "backup: { incremental: 0 3 * * 1-6 }"),
  change("backup.timeZone", "backup: { timeZone: Europe/Berlin }"),
  change("backup.keepDays", "backup: { keepDays: 30 }"),
  change("backup.archiveTimeout", "backup: { archiveTimeout: 90 s }"),
  // The first makes a pool; the others change one.
  change("pooler.mode", "pooler: { mode: session }"),
  change("pooler.size", "pooler: { size: 5 }", "pooler: {}"),
  change("pooler.reserve", "pooler: { reserve: 2 }", "pooler: {}"),
  change("pooler.maxClients", "pooler: { maxClients: 200 }", "pooler: {}"),
  change("pooler.queryWait", "pooler: { queryWait: 5 s }", "pooler: {}"),
  // What a tenant begins with counts once: written into the entry of one that is there it does nothing.
  {
    fields: ["from.clone", "from.at", "from.mask", "from.schemaOnly"],
    after: (id) => `id: ${id}, from: { clone: source, at: immediate, mask: ./none.sql, schemaOnly: true }`,
  },
  change("from.import", "from: { import: ./none.dump }"),
];

/** Fields that no running tenant can change, and why. */
export const fixedFields: ReadonlyMap<string, string> = new Map([
  ["isolation", "refused: the data would stay where it is (e2e/sharedLife)"],
  ["instance", "refused: the data would stay where it is (e2e/sharedLife)"],
  ["volume", "refused: it would leave the data behind (unit/components/transitions)"],
  [
    "ephemeral.expires",
    "refused: it would delete the data of a tenant that was made to stay (unit/components/ephemeral)",
  ],
  ["movingTo", "pgt move writes it: the tenant's own place stays what it is (e2e/long/move)"],
  ["movedFrom", "pgt move writes it: the data of before is kept there (e2e/long/move)"],
  ["discarded", "pgt move writes it: what a move has given up, until it is deleted (e2e/long/move)"],
]);
