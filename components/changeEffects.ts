import { resourceTypes } from "./stackState.ts";

/**
 * What a change of a resource does to the tenant that it belongs to: the one table that the report of `pgt plan` and the program's own refusals
 * go by. It says what was seen to happen (test/e2e/foretold.test.ts); what it does not name counts as the worst that it could be.
 */

/** What a deployment does to a tenant, least first. Those from `sessions end` on end its clients' sessions. */
export const impacts = [
  "unchanged",
  "route only",
  "in place",
  "new",
  "started",
  "sessions end",
  "restart",
  "stopped",
  "removed",
  "data at risk",
] as const;
export type Impact = (typeof impacts)[number];

/** What is done to a resource. `delete` of one that stays on the engine is `forget`. */
export type Operation = "create" | "update" | "replace" | "delete" | "forget";

/** How bad an impact is, compared with others. */
export function severity(impact: Impact): number {
  return impacts.indexOf(impact);
}

/** Whether it ends the sessions of a tenant's clients. Where data is at risk nothing is promised. */
export function endsSessions(impact: Impact): boolean {
  return severity(impact) >= severity("sessions end");
}

/** The worst of several. */
export function worstOf(found: readonly Impact[]): Impact {
  return found.reduce((worst, impact) => (severity(impact) > severity(worst) ? impact : worst), "unchanged");
}

/** What is known of one kind of resource. */
interface Kind {
  readonly type: string;
  /** What its name ends with. */
  readonly end: string;
  /** What it is called. */
  readonly thing: string;
  readonly impact: Readonly<Record<Operation, Impact>>;
  /** The properties whose change the provider makes without replacing the resource, where an update is not the same for all. */
  readonly inPlace?: readonly string[];
}

const { container, volume, password, command } = resourceTypes;

const inPlace = {
  create: "in place",
  update: "in place",
  replace: "in place",
  delete: "in place",
  forget: "in place",
} as const;
/** A volume that is made anew is empty, and a key that is made anew opens nothing of what there is. */
const irreplaceable = { update: "data at risk", replace: "data at risk", delete: "data at risk" } as const;

/** A tenant's resources. */
const tenantKinds: readonly Kind[] = [
  {
    type: container,
    end: "-server",
    thing: "container",
    impact: { create: "started", update: "restart", replace: "restart", delete: "stopped", forget: "stopped" },
    // `docker update`. Anything else replaces the container, and it is gone before its successor starts.
    inPlace: ["memory", "memorySwap", "cpuShares", "cpus", "restart"],
  },
  { type: volume, end: "-data", thing: "volume", impact: { ...irreplaceable, create: "new", forget: "removed" } },
  {
    type: volume,
    end: "-backups",
    thing: "volume of its backups",
    impact: { ...irreplaceable, create: "in place", forget: "removed" },
  },
  {
    type: password,
    end: "-backup-key",
    thing: "key of its backups",
    // Nowhere but in the state, so there is nothing that stays.
    impact: { ...irreplaceable, create: "in place", forget: "data at risk" },
  },
  // Another password is set by the SQL step: sessions live on.
  { type: password, end: "-password", thing: "password", impact: { ...inPlace, delete: "removed", forget: "removed" } },
  // The same of a declared role. Where its entry is gone it stays, and goes where the role was dropped.
  { type: password, end: "-login", thing: "password of a role", impact: inPlace },
  // An update runs the command again, and so does a replacement. What reloads the server's settings ends no session.
  { type: command, end: "-sql", thing: "role, database and settings", impact: inPlace },
  { type: command, end: "-certificate", thing: "certificate", impact: inPlace },
  {
    type: container,
    end: "-pooler",
    thing: "connection pool",
    // Only the sessions that come by it.
    impact: {
      create: "in place",
      update: "sessions end",
      replace: "sessions end",
      delete: "sessions end",
      forget: "sessions end",
    },
    inPlace: ["memory", "memorySwap", "cpuShares", "cpus", "restart"],
  },
  {
    type: volume,
    end: "-pooler-files",
    thing: "connection pool",
    impact: { ...inPlace, replace: "restart" },
  },
  { type: command, end: "-pools", thing: "connection pool", impact: inPlace },
  { type: command, end: "-pool-login", thing: "login by the connection pool", impact: inPlace },
  // Both do nothing on a volume that holds a cluster, which that of every tenant but a new one does.
  { type: command, end: "-clone", thing: "data from backups", impact: inPlace },
  { type: command, end: "-import", thing: "data from a dump", impact: inPlace },
];

const none = {
  create: "unchanged",
  update: "unchanged",
  replace: "unchanged",
  delete: "unchanged",
  forget: "unchanged",
} as const;

/** What belongs to all tenants of a stack, and does it to each that runs. */
const sharedKinds: readonly Kind[] = [
  {
    type: container,
    end: "traefik-router",
    thing: "router",
    // All sessions pass through it.
    impact: {
      ...none,
      update: "sessions end",
      replace: "sessions end",
      delete: "sessions end",
      forget: "sessions end",
    },
    inPlace: ["memory", "memorySwap", "cpuShares", "cpus", "restart"],
  },
  {
    type: volume,
    end: "traefik-files",
    thing: "router's files",
    impact: { ...none, replace: "sessions end", delete: "sessions end" },
  },
  { type: command, end: "traefik-listening", thing: "router's listener", impact: none },
  { type: command, end: "traefik-certificate", thing: "certificate", impact: none },
  // Each tenant's own part of it is compared line by line.
  { type: command, end: "traefik-routes", thing: "routes", impact: none },
  {
    type: resourceTypes.network,
    end: "tenants",
    thing: "bridge",
    impact: { create: "unchanged", update: "restart", replace: "restart", delete: "restart", forget: "restart" },
  },
  // Its name is a label of every container.
  {
    type: resourceTypes.stateName,
    end: "state",
    thing: "name of the state",
    impact: { ...none, replace: "restart", delete: "restart" },
  },
  // What everybody on an instance is made in. Each step touches only whom a change is about: nobody else's session ends. What it
  // does to them is told by what it is given, see cli/pgt/impact/sharing.ts.
  { type: command, end: "-tenants-sql", thing: "roles and databases on an instance", impact: none },
  { type: command, end: "-pools", thing: "pools of an instance", impact: none },
  // Their passwords derive from it: another key is another password for each, and sessions live on.
  {
    type: password,
    end: "-tenants-key",
    thing: "key of an instance's passwords",
    impact: { ...none, ...inPlace, create: "unchanged" },
  },
  // Nobody's sessions pass through what copies backups elsewhere, and the copies stay where they are.
  { type: container, end: "offsite-copier", thing: "off-site copies", impact: none },
  { type: volume, end: "offsite-files", thing: "off-site copies", impact: none },
  { type: resourceTypes.network, end: "offsite-network", thing: "off-site copies", impact: none },
  { type: command, end: "offsite-config", thing: "off-site copies", impact: none },
  { type: command, end: "offsite-keys", thing: "off-site copies", impact: none },
];

/** A change of a resource, as far as it matters here. */
export interface Change {
  readonly type: string;
  /** The resource's name, as the program gave it. */
  readonly name: string;
  readonly operation: Operation;
  /** The properties that differ; empty where that is not known. */
  readonly properties: readonly string[];
}

/** What a change does, and what the resource is called; undefined for a kind of resource that nothing is known of. */
export interface Effect {
  readonly impact: Impact;
  readonly thing: string;
}

/** What a change of one of a tenant's resources does to it. */
export function effectOnTenant(change: Change): Effect | undefined {
  return effectIn(tenantKinds, change);
}

/** What a change of a resource of the whole stack does to every tenant that runs. */
export function effectOnAll(change: Change): Effect | undefined {
  return effectIn(sharedKinds, change);
}

function effectIn(kinds: readonly Kind[], { type, name, operation, properties }: Change): Effect | undefined {
  const kind = kinds.find((candidate) => candidate.type === type && name.endsWith(candidate.end));
  if (kind === undefined) return undefined;
  const { thing, impact, inPlace: gentle } = kind;
  const harmless =
    operation === "update" &&
    gentle !== undefined &&
    properties.length > 0 &&
    properties.every((property) => gentle.includes(property));
  if (!harmless) return { thing, impact: impact[operation] };
  return { thing, impact: kinds === tenantKinds ? "in place" : "unchanged" };
}
