/** Everything a client needs to reach one tenant. Plain values. */
export interface ConnectionTarget {
  readonly id: string;
  /** Host name; also the TLS server name, which decides the route. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Path of the CA certificate on the client, for a private CA; undefined for a certificate from a public one. */
  readonly caFile?: string | undefined;
  /** IP address to connect to where DNS does not know the host name; only libpq's forms can carry it. */
  readonly hostAddress?: string | undefined;
  /** Whether TLS ends at the tenant's own server: then a client can ask for proof that nobody stands in between. */
  readonly channelBinding?: boolean | undefined;
}

/** One tenant's connection in the forms that clients take. No one form fits all; which parameter breaks which client is in docs/connecting.md. */
export interface ConnectionStrings {
  /** The common URI: libpq, pgx, asyncpg, psycopg. With a public CA, libpq looks for `~/.postgresql/root.crt`; `psql` is the form for it. */
  readonly uri: string;
  /** For psql and libpq 16 or newer: the system's CA list by `sslrootcert=system`, or the private CA's file. */
  readonly psql: string;
  /** As `psql`, with TLS from the first byte: one round trip less. libpq 17 or newer. */
  readonly psqlDirect: string;
  /** pgjdbc. */
  readonly jdbc: string;
  /** Lines for a `.env` file: libpq's PG* variables and DATABASE_URL. */
  readonly dotenv: string;
  /** node-postgres 8, which knows neither `sslrootcert=system` nor `hostaddr`. */
  readonly nodePostgres: string;
  /** Prisma's own engine, which does not know `verify-full`. */
  readonly prisma: string;
  /** Npgsql: key=value, not a URI. */
  readonly npgsql: string;
  /** A section for `pg_service.conf`; without the password, which belongs into the file of `pgpass`. */
  readonly pgService: string;
  /** A line for `.pgpass`. */
  readonly pgpass: string;
}

/** Renders all forms. User, password and database are percent-encoded or quoted as each form asks. */
export function renderConnectionStrings(target: ConnectionTarget): ConnectionStrings {
  const { caFile, hostAddress } = target;
  const libpq = {
    sslmode: "verify-full",
    sslrootcert: caFile ?? "system",
    hostaddr: hostAddress,
    channel_binding: channelBinding(target),
  };
  const plain = uri(target, { sslmode: "verify-full", sslrootcert: caFile });
  return {
    uri: plain,
    psql: uri(target, libpq),
    psqlDirect: uri(target, { ...libpq, sslnegotiation: "direct" }),
    jdbc: jdbc(target),
    dotenv: dotenv(target, plain),
    nodePostgres: plain,
    prisma: uri(target, { sslmode: "require", sslaccept: "strict", sslcert: caFile }),
    npgsql: npgsql(target),
    pgService: pgService(target),
    pgpass: pgpass(target),
  };
}

/** libpq's word for it; other clients know none, or another one. */
function channelBinding(target: ConnectionTarget): string | undefined {
  return target.channelBinding === true ? "require" : undefined;
}

type Parameters = Readonly<Record<string, string | undefined>>;

function query(parameters: Parameters): string {
  return given(parameters)
    .map(([name, value]) => `${name}=${encoded(value)}`)
    .join("&");
}

/** Percent-encodes what RFC 3986 reserves; encodeURIComponent leaves five of those, the quote that shells stumble over among them. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

function given(parameters: Parameters): [string, string][] {
  return Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
}

function uri({ host, port, database, user, password }: ConnectionTarget, parameters: Parameters): string {
  const login = `${encoded(user)}:${encoded(password)}`;
  return `postgresql://${login}@${host}:${port}/${encoded(database)}?${query(parameters)}`;
}

function jdbc({ host, port, database, user, password, caFile }: ConnectionTarget): string {
  // Without the factory pgjdbc wants a root certificate file even where the system's list would do.
  const trust =
    caFile === undefined ? { sslfactory: "org.postgresql.ssl.DefaultJavaSSLFactory" } : { sslrootcert: caFile };
  return `jdbc:postgresql://${host}:${port}/${encoded(database)}?${query({ user, password, sslmode: "verify-full", ...trust })}`;
}

function dotenv(
  { host, port, database, user, password, caFile, hostAddress }: ConnectionTarget,
  databaseUrl: string,
): string {
  const variables: Parameters = {
    PGHOST: host,
    PGHOSTADDR: hostAddress,
    PGPORT: String(port),
    PGDATABASE: database,
    PGUSER: user,
    PGPASSWORD: password,
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: caFile ?? "system",
    DATABASE_URL: databaseUrl,
  };
  const lines = given(variables).map(([name, value]) => `${name}=${envQuoted(name, value)}\n`);
  return lines.join("");
}

/**
 * The quotes in which a `.env` file can hold a value; undefined where none can. Its readers know three and no escape for any of them;
 * between double ones they read `\n` as a new line.
 */
export function dotenvQuote(value: string): string | undefined {
  return ["'", '"', "`"].find((mark) => !value.includes(mark) && !(mark === '"' && value.includes("\\")));
}

/** The program refuses such a password before anything is made, see `passwords` in structuredSettings.ts. */
function envQuoted(name: string, value: string): string {
  const quote = dotenvQuote(value);
  if (quote === undefined)
    throw new Error(`${name} holds what no quotes of a .env file can hold; choose another password`);
  return `${quote}${value}${quote}`;
}

function npgsql({ host, port, database, user, password, caFile }: ConnectionTarget): string {
  const parts: Parameters = {
    Host: host,
    Port: String(port),
    Database: database,
    Username: user,
    Password: password,
    "SSL Mode": "VerifyFull",
    "Root Certificate": caFile,
  };
  return given(parts)
    .map(([name, value]) => `${name}=${/^[\w./-]*$/.test(value) ? value : `"${value.replaceAll('"', '""')}"`}`)
    .join(";");
}

function pgService(target: ConnectionTarget): string {
  const { id, host, port, database, user, caFile, hostAddress } = target;
  const entries: Parameters = {
    host,
    hostaddr: hostAddress,
    port: String(port),
    dbname: database,
    user,
    sslmode: "verify-full",
    sslrootcert: caFile ?? "system",
    channel_binding: channelBinding(target),
  };
  return pgServiceSection(id, entries);
}

/** A section for `pg_service.conf`; settings that are undefined are left out. */
export function pgServiceSection(name: string, settings: Parameters): string {
  const lines = given(settings).map(([key, value]) => `${key}=${value}\n`);
  return `[${name}]\n${lines.join("")}`;
}

function pgpass({ host, port, database, user, password }: ConnectionTarget): string {
  return pgpassLine([host, String(port), database, user, password]);
}

/** A line for `.pgpass`, without its end: host, port, database, user, password; `*` stands for any. */
export function pgpassLine(fields: readonly [string, string, string, string, string]): string {
  return fields.map((field) => field.replace(/[\\:]/g, "\\$&")).join(":");
}
