/** One connection pool: a PgBouncer process of its own. Plain values; none of them is secret. */
export interface Pool {
  /** Where clients come in, at the container's address; 1024 to 65535. Another one ends the pool's sessions. */
  readonly port: number;
  /** The one database that every client gets, whatever it asks for; undefined for the database that it asks for. */
  readonly database: string | undefined;
  /** The one role that gets in; undefined for each that the server lets into the database. */
  readonly role?: string;
  /** Fewer server connections than size and reserve for some roles, by name: the server lets no more in. */
  readonly roles?: ReadonlyMap<string, number>;
  /** For how long a client keeps a server connection: for a transaction, or until it leaves. */
  readonly mode: "transaction" | "session";
  /** The most server connections, and how many more where a client has waited for `reserveSeconds`. */
  readonly size: number;
  readonly reserve: number;
  readonly reserveSeconds: number;
  /** The most clients; one more is refused. */
  readonly maxClients: number;
  /** Seconds that a client waits for a server connection before it is told so and let go. */
  readonly queryWaitSeconds: number;
  /** Seconds after which a server connection that nobody uses is closed. */
  readonly serverIdleSeconds: number;
  /** How many prepared statements a server connection keeps, in transaction mode. */
  readonly preparedStatements: number;
  /** Who may be in: another text ends the pool's sessions. Letters and digits. */
  readonly sessions: string;
}

/** Where the server's socket is, in the volume that both containers have. */
export const poolerFolder = "/var/lib/pooler";

const server = `host=${poolerFolder}/socket port=5432`;

/** PgBouncer's own name for the database that it asks in. */
const authDatabase = "pgtenants_auth";

const seconds = {
  // A client that never logs in holds one of the pool's places that long. The server's own limit for it is 10 s.
  client_login_timeout: 15,
  // While the server is away nobody tries (watch-server.pl); the default of 15 would add as many to a restart in which somebody did.
  server_login_retry: "0.1",
  server_connect_timeout: 10,
  // A database that is not there makes an entry for each name that is asked for.
  autodb_idle_timeout: 300,
};

/**
 * The configuration of one PgBouncer. Pure.
 *
 * It asks the server for the verifier of whoever logs in, at each login: so another password, `VALID UNTIL` and `NOLOGIN` hold at once, and no
 * password is stored here. What is not written is PgBouncer's default, its list of parameters that a client may set among them.
 * @throws Error when a value is none that the file can hold.
 */
export function renderPgbouncerIni(pool: Pool): string {
  const { port, database, mode, size, reserve } = pool;
  const numbers = [port, size, reserve, pool.reserveSeconds, pool.maxClients, pool.queryWaitSeconds];
  const wrong = [...numbers, ...(pool.roles?.values() ?? []), pool.serverIdleSeconds, pool.preparedStatements].find(
    (value) => !Number.isSafeInteger(value) || value < 0,
  );
  if (wrong !== undefined) throw new Error(`pool at port ${port}: ${wrong} is not a whole number from 0`);
  if (database !== undefined && !/^[a-z][a-z0-9_-]{0,62}$/.test(database))
    throw new Error(`pool at port ${port}: "${database}" is not the name of a tenant's database`);
  const odd = [...(pool.roles?.keys() ?? []), pool.role ?? "a"].find((name) => !/^[a-z][a-z0-9_]{0,62}$/.test(name));
  if (odd !== undefined) throw new Error(`pool at port ${port}: "${odd}" is not the name of a tenant's role`);
  if (!/^[0-9A-Za-z]+$/.test(pool.sessions))
    throw new Error(`pool at port ${port}: "${pool.sessions}" is not letters and digits`);
  const most = size + reserve;
  return [
    `; sessions ${pool.sessions}\n`,
    section("databases", {
      "*": database === undefined ? server : `${server} dbname=${database}`,
      // Where verifiers are asked for; no tenant's role gets in there.
      [authDatabase]: `${server} dbname=postgres`,
    }),
    section("pgbouncer", {
      listen_addr: "0.0.0.0",
      listen_port: port,
      // The administration console: for who is in the container as PgBouncer's own user. No role is let in there by the network.
      unix_socket_dir: "/run/pooler",
      unix_socket_mode: "0700",
      auth_type: "scram-sha-256",
      auth_user: "pgtenants_pooler",
      auth_dbname: authDatabase,
      auth_query: `SELECT rolname, verifier FROM pgtenants.pooler_credentials($1, ${quoted(database) ?? "NULL"})${onlyFor(pool)}`,
      pool_mode: mode,
      // What a client leaves on a server connection must not reach the next one. PgBouncer would do so in session mode only; here whoever relies on
      // such a thing in transaction mode loses it always, and not now and then. Measured at 80 µs a transaction, see docs/pooling.md.
      server_reset_query: "DISCARD ALL",
      server_reset_query_always: 1,
      default_pool_size: size,
      reserve_pool_size: reserve,
      reserve_pool_timeout: pool.reserveSeconds,
      // All roles of a database together, and all databases of a role.
      max_db_connections: most,
      max_user_connections: most,
      max_client_conn: pool.maxClients,
      query_wait_timeout: pool.queryWaitSeconds,
      server_idle_timeout: pool.serverIdleSeconds,
      max_prepared_statements: pool.preparedStatements,
      // pgjdbc sends it always, and it is PostgreSQL's own default since version 12.
      ignore_startup_parameters: "extra_float_digits",
      ...seconds,
      log_connections: 0,
      log_disconnections: 0,
      log_stats: 0,
    }),
    ...usersSection(pool),
  ].join("");
}

/** One more than a role may have would be refused by the server; so they wait here. Verifiers are asked for as those of any other. */
function usersSection({ roles = new Map() }: Pool): string[] {
  if (roles.size === 0) return [];
  const values = [...roles].map(([name, most]) => [name, `max_user_connections=${most}`] as const);
  return [section("users", Object.fromEntries(values))];
}

/** Of a name that was checked: nothing in it needs more than quotes. */
function quoted(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `'${name}'`;
}

/** Tenants with a schema each may all connect to one database, but each at its own host. */
function onlyFor({ role }: Pool): string {
  return role === undefined ? "" : ` WHERE rolname = ${quoted(role)}`;
}

function section(name: string, values: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}\n`);
  return `[${name}]\n${lines.join("")}`;
}

/** What apply-pools.sh reads: a line for each pool, and a last one. Pure. @param pools by name. */
export function renderPoolFiles(pools: readonly (readonly [string, Pool])[]): string {
  const lines = pools.map(([name, pool]) => `${name} ${Buffer.from(renderPgbouncerIni(pool)).toString("base64")}\n`);
  return `${lines.join("")}end\n`;
}

/** Reads what {@link renderPoolFiles} gave: each pool's configuration by its name. @throws Error for another text. */
export function parsePoolFiles(text: string): ReadonlyMap<string, string> {
  const lines = text.split("\n");
  if (lines.splice(-2).join("\n") !== "end\n") throw new Error("connection pools: got a text without its last line");
  return new Map(
    lines.map((line) => {
      const [name = "", encoded = ""] = line.split(" ");
      return [name, Buffer.from(encoded, "base64").toString()];
    }),
  );
}
