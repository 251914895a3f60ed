import type { Declared } from "../tenants/declared.ts";
import type { Entry } from "../tenants/edit.ts";
import type { Standby } from "../tenants/standby.ts";
import type { LookedAt } from "./declaredLook.ts";
import type { DeclaredSpec } from "./declaredSpec.ts";

/** What the stack's state says of a tenant; a value is undefined where a deployment did not get as far. */
export interface LastTenant {
  /** Its fixed address on the bridge. */
  readonly address: string | undefined;
  /** That of its connection pool. */
  readonly poolerAddress: string | undefined;
  /** How much memory that may use. */
  readonly poolerMemoryMiB: number | undefined;
  readonly state: string | undefined;
  /** The name of its volume on the engine. */
  readonly volume: string | undefined;
  /** The name of the volume that its backups are in. */
  readonly repository: string | undefined;
  /** The version of its generated password. */
  readonly passwordVersion: number | undefined;
  /** Until when it lives, as ISO 8601; undefined for one that stays. */
  readonly until: string | undefined;
  /** Its entry, where it is in no file: a preview database. */
  readonly entry: Entry | undefined;
  /** Limits as they were given to it. */
  readonly limits: Readonly<Record<"memoryMiB" | "maxConnections" | "diskMiB", number | undefined>>;
  /** What was declared inside its server, as the SQL step was told; undefined for nothing. */
  readonly declared: Declared | undefined;
  /** Role, database and login as the same step was told, where something is declared. */
  readonly lookedAt: Omit<LookedAt, "declared"> | undefined;
  /** What was declared absent inside its server; kept also while it is stopped. */
  readonly dropped: DeclaredSpec["absent"];
  /** The step's REPAIR, see repairs.ts. */
  readonly repair: string | undefined;
  /** The roles that have a password, and the version of that. */
  readonly rolePasswords: ReadonlyMap<string, number>;
  /** What its container was made from; undefined where it has none. */
  readonly container: Readonly<Record<string, unknown>> | undefined;
  /** Of a second place: what it was; see tenants/secondPlace.ts. */
  readonly standby?: Standby | undefined;
  /** There where it is an instance. */
  readonly instance?: true;
}

/** What the stack's state says of a tenant on an instance. */
export interface LastShared {
  readonly instance: string | undefined;
  /** Its port at the instance's pooler. */
  readonly port: number | undefined;
  readonly state: string | undefined;
  readonly isolation: string | undefined;
  /** Its first id, which names what is its own on the instance. */
  readonly origin: string | undefined;
  /** As of {@link LastTenant}. */
  readonly standby?: Standby | undefined;
}

/** What the stack's state says of the last deployment. */
export interface LastStack {
  readonly tenants: LastDeployment;
  /** Tenants on instances, by id. */
  readonly shared: ReadonlyMap<string, LastShared>;
  /** Fingerprints of the certificates that router and tenants were given. */
  readonly certificates: ReadonlySet<string>;
  /** The name of the state, which every container is labelled with; undefined for a new stack. */
  readonly state: string | undefined;
  /** The network that the bridge has. */
  readonly subnet: string | undefined;
}

/** The tenants of the last deployment, by id. */
export type LastDeployment = ReadonlyMap<string, LastTenant>;
