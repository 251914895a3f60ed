import type { Impact } from "../../../components/changeEffects.ts";

/** A change of a running tenant on an instance, to be foretold and made. */
export interface SharedChange {
  /** The fields that it is for. */
  readonly fields: readonly string[];
  /** `database` unless it says `schema`. */
  readonly isolation?: "schema";
  /** The entry before and after, beside id and place; with a new id where that is what changes. @param today as a confirmation has it. */
  readonly before?: string;
  readonly after: (id: string, today: string) => string;
  readonly impact: Impact;
  /** What is said of it. */
  readonly told: readonly RegExp[];
}

const change = (field: string, after: string, impact: Impact, told: RegExp, before = ""): SharedChange => ({
  fields: [field],
  before,
  after: (id) => `id: ${id}, ${after}`,
  impact,
  told: [told],
});

/** One change for each field that a tenant on an instance can change, each for a tenant of its own. */
export const sharedChanges: readonly SharedChange[] = [
  {
    fields: ["id", "renamedFrom"],
    after: (id) => `id: ${id}-eu, renamedFrom: ${id}`,
    impact: "route only",
    told: [/^host (.+)\..+ → \1-eu\./],
  },
  {
    fields: ["plan"],
    after: (id) => `id: ${id}, plan: other`,
    impact: "in place",
    told: [/^maxConnections 10 → 12, for new sessions$/, /^connections from one address 10 → 12$/],
  },
  change("database", "database: orders", "sessions end", /^database t_[0-9a-f]{20} → orders$/),
  change("user", "user: one", "in place", /^role t_[0-9a-f]{20} → one$/),
  { ...change("user", "user: two", "sessions end", /^role and schema t_[0-9a-f]{20} → two$/), isolation: "schema" },
  change("user", "user: three, pooler: { size: 4 }", "sessions end", /^role t_.* → three$/, "pooler: { size: 4 }"),
  change("state", "state: stopped", "stopped", /^closed, its data stays on shared-1$/),
  {
    fields: ["confirm"],
    after: (id, today) => `id: ${id}, state: removed, confirm: ${id} ${today}`,
    impact: "removed",
    told: [/^closed, its data stays on shared-1$/],
  },
  change("access.enabled", "access: { enabled: false }", "sessions end", /^access on → off$/),
  change("access.allow", "access: { allow: [127.0.0.0/8] }", "sessions end", /^allowed networks all → 127.0.0.0\/8$/),
  change("access.maxConnectionsPerIp", "access: { maxConnectionsPerIp: 7 }", "route only", /^connections from .* → 7$/),
  change("password", "password: custom", "in place", /^password generated → custom, for new logins$/),
  change("passwordVersion", "passwordVersion: 2", "in place", /^passwordVersion 1 → 2: another password for new log/),
  {
    fields: ["maxConnections"],
    after: (id) => `id: ${id}, maxConnections: 8`,
    impact: "in place",
    told: [/^maxConnections 10 → 8, for new sessions$/, /^connections from one address 10 → 8$/],
  },
  change("statementTimeout", "statementTimeout: 30 s", "in place", /^statementTimeout none → 30 s, for open sessions/),
  change(
    "statementTimeout",
    "statementTimeout: none",
    "in place",
    / → none, for new sessions$/,
    "statementTimeout: 1 h",
  ),
  change(
    "idleInTransactionTimeout",
    "idleInTransactionTimeout: 5 min",
    "in place",
    / 10 min → 5 min, for open sessions/,
  ),
  change("pooler.mode", "pooler: { mode: session }", "in place", /^pool mode transaction → session$/, "pooler: {}"),
  change("pooler.size", "pooler: { size: 4 }", "in place", /^pool size 5 → 4$/, "pooler: {}"),
  change("pooler.reserve", "pooler: { reserve: 2 }", "in place", /^pool reserve 0 → 2$/, "pooler: {}"),
  change("pooler.maxClients", "pooler: { maxClients: 200 }", "in place", /^clients of the pool 1000 → 2/, "pooler: {}"),
  change("pooler.queryWait", "pooler: { queryWait: 5 s }", "in place", /^wait for the pool 30 s → 5 s$/, "pooler: {}"),
];

/** Fields of which a tenant on an instance has one value alone. */
export const sharedFixed: readonly string[] = [
  "tls",
  "tier",
  "isolation",
  "instance",
  "movingTo",
  "movedFrom",
  "discarded",
];

/** The list of them all, before or after the changes, beside a neighbour; each with ten connections, and the instance with room for all. */
export function sharedChangeList(which: "before" | "after", today: string): string {
  const entries = sharedChanges.map(({ isolation = "database", before = "", after }, index) => {
    const own = which === "after" ? after(changedId(index), today) : [`id: ${changedId(index)}`, before].join(", ");
    return `{ isolation: ${isolation}, instance: shared-1, ${own.replace(/, $/, "")} }`;
  });
  const plan = "{ memory: 1 GB, maxConnections: 10, sharedBuffers: 32 MB }";
  return [
    `plans: { small: ${plan}, other: { memory: 1 GB, maxConnections: 12 } }`,
    "instances: [{ id: shared-1, maxConnections: 200 }]",
    "tenants:",
    "  - { id: neighbour, isolation: database, instance: shared-1 }",
    ...entries.map((entry) => `  - ${entry}`),
    "",
  ].join("\n");
}

/** The id of the tenant that a change is made to, before it. */
export function changedId(index: number): string {
  return `t-${index}`;
}
