/** What a plain `pulumi up` does about something that is not as it was deployed. */
type UpDoes = "does not notice" | "refuses" | "puts it right";

/** A way in which what is there can differ from what was deployed. */
export interface Kind {
  /** For docs/drift.md. */
  readonly what: string;
  readonly up: UpDoes;
  /** What putting it right restarts. What is down, or makes no sense of its own, is started anew, which is no restart. */
  readonly restarts: "nothing" | "it";
}

/** `pulumi up` asks servers that something is declared in for what is not as declared: see components/repairs.ts. */
const noticed = { up: "puts it right", restarts: "nothing" } as const;
const unnoticed = { up: "does not notice", restarts: "nothing" } as const;

/**
 * Every kind of drift, in the order of docs/drift.md. `pulumi up` compares the program with the state and asks the engine nothing, so it notices next to none
 * of them but for what is declared inside servers; what does is told with each finding.
 */
export const kinds = {
  "container-missing": { ...unnoticed, what: "a container was removed" },
  "container-stopped": { ...unnoticed, what: "a container was stopped, or ended by itself" },
  "container-paused": { ...unnoticed, what: "a container was paused" },
  "container-failing": { ...unnoticed, what: "a container restarts again and again, or is dead" },
  "container-renamed": { ...unnoticed, what: "a container has another name" },
  "container-recreated": {
    ...unnoticed,
    restarts: "it",
    what: "a container of the same name was made by hand: its ports, mounts, environment, capabilities, user, image, … are told where they differ",
  },
  "container-unknown": { ...unnoticed, what: "a container has the stack's labels, and no deployment made it" },
  memory: { ...unnoticed, what: "the limit of memory" },
  swap: { ...unnoticed, what: "the limit of memory and swap together" },
  "cpu-shares": { ...unnoticed, what: "the CPU weight" },
  processes: { ...unnoticed, what: "the limit of processes" },
  "restart-policy": { ...unnoticed, what: "the restart policy" },
  "other-limit": { ...unnoticed, restarts: "it", what: "a limit that no deployment sets, such as CPU time or CPU set" },
  "further-network": { ...unnoticed, what: "a container is attached to a further network" },
  "network-left": { ...unnoticed, what: "a container is not on its network, or at another address" },
  "network-missing": { ...unnoticed, what: "a network was removed" },
  "network-recreated": { ...unnoticed, what: "a network of the same name was made by hand" },
  "network-unknown": { ...unnoticed, what: "a network has the stack's labels, and no deployment made it" },
  "network-guest": { ...unnoticed, what: "a foreign container is on one of the stack's networks" },
  "volume-missing": { what: "the volume with a tenant's data is gone", up: "refuses", restarts: "nothing" },
  "backups-missing": {
    ...unnoticed,
    what: "the volume with a tenant's backups, or with files of the router's, is gone",
  },
  "volume-unknown": { ...unnoticed, what: "a volume has the stack's labels, and a name that none of its volumes has" },
  "route-missing": { ...unnoticed, what: "a tenant's route is gone from the router's file" },
  "route-foreign": { ...unnoticed, what: "the router's file has a route that was not deployed" },
  "route-changed": { ...unnoticed, what: "a route leads elsewhere, or lets others in" },
  "routes-file": {
    ...unnoticed,
    what: "the router's file is gone, cannot be read, or differs elsewhere, as in TLS versions",
  },
  "routes-owner": { ...unnoticed, what: "the router's file, or its folder, has another owner or mode" },
  "routes-further": { ...unnoticed, what: "a further file is in the folder that the router takes routes from" },
  "router-certificate": { ...unnoticed, what: "the router's certificate is gone or another one" },
  "role-missing": { ...unnoticed, what: "the tenant's role is gone or renamed" },
  "role-attributes": {
    ...unnoticed,
    what: "a role is superuser, or may create databases or roles, replicate, or pass by row security",
  },
  "role-login": { ...unnoticed, what: "the tenant's role may log in, or not, other than its access says" },
  "role-connections": { ...unnoticed, what: "the tenant's role has another connection limit" },
  "role-expiry": { ...unnoticed, what: "the password of the tenant's role has an end" },
  password: { ...unnoticed, what: "the tenant's role has another password, or none. A tenant can do that by itself" },
  "superuser-password": { ...unnoticed, what: "the superuser has a password" },
  "login-role": { ...unnoticed, what: "a further role can log in" },
  membership: { ...unnoticed, what: "a role is a member of the superuser, or may read or write files or run programs" },
  "predefined-role": { ...unnoticed, what: "the tenant's role is a member of another role of PostgreSQL's own" },
  "parameter-grant": { ...unnoticed, what: "a role may set a setting that is the superuser's" },
  "database-missing": { ...unnoticed, what: "the tenant's database is gone or renamed" },
  "database-owner": { ...unnoticed, what: "the tenant's database is another role's" },
  "database-closed": { ...unnoticed, what: "the tenant's database takes no connections" },
  "database-connections": { ...unnoticed, what: "the tenant's database has a connection limit of its own" },
  "public-grant": { ...unnoticed, what: "everybody may connect to a database, or make temporary tables in it" },
  setting: { ...unnoticed, what: "a setting of `ALTER SYSTEM`: changed, reset, or one that is not deployed" },
  "setting-file": { ...unnoticed, what: "a setting in `postgresql.conf`" },
  "role-setting": {
    ...unnoticed,
    what: "a setting of `ALTER ROLE` or `ALTER DATABASE` that a tenant cannot make by itself",
  },
  extension: { ...unnoticed, what: "an extension that only a superuser may create, and that no entry can declare" },
  "declared-role": {
    ...noticed,
    what: "a declared role is gone or renamed, may log in or not, or has another password or limit",
  },
  "declared-membership": { ...noticed, what: "a declared role is in other roles than declared" },
  "declared-database": {
    ...noticed,
    what: "a declared database is gone, closed, another role's, or open to everybody",
  },
  "declared-schema": { ...noticed, what: "a declared schema is gone or another role's" },
  "declared-extension": { ...noticed, what: "a declared extension is gone, or of another version" },
  "declared-grant": {
    ...noticed,
    what: "a declared role lost a right that it has by its entry, or one that only reads got more",
  },
  "declared-setting": { ...noticed, what: "a declared setting has another value" },
  "declared-absent": { ...unnoticed, what: "something that is declared absent is there again" },
  limits: { ...unnoticed, what: "the limits that the watchdog holds the tenant to, in `pgtenants.limits`" },
  "ddl-trigger": {
    ...unnoticed,
    what: "the event trigger that refuses definitions is gone or off, or is there where it is not to be",
  },
  "write-grant": { ...unnoticed, what: "somebody may write to a tenant that is to be read-only" },
  "login-rules": {
    ...unnoticed,
    what: "`pg_hba.conf`, `pg_ident.conf`, or the line that the disk guard may put before them",
  },
  "backup-settings": {
    ...unnoticed,
    what: "where, how and when backups are made: pgBackRest's configuration, and the schedule",
  },
  "disk-limit": { ...unnoticed, what: "the disk limit that the guard holds the tenant to" },
  "tenant-certificate": {
    ...unnoticed,
    what: "the certificate of a tenant with `tls: passthrough` is gone or another one",
  },
  "pool-missing": { ...unnoticed, what: "a connection pool is gone, or does not listen" },
  "pool-changed": { ...unnoticed, what: "a connection pool has other settings, or begins with others the next time" },
  "pool-unknown": { ...unnoticed, what: "a connection pool that no deployment made" },
} as const satisfies Readonly<Record<string, Kind>>;

export type DriftKind = keyof typeof kinds;
