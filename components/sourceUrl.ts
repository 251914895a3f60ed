/** What libpq may be told of a source, besides host, port, user, password and database. What names a file is not among it: none is in the container. */
const parameters = [
  "sslmode",
  "sslnegotiation",
  "sslsni",
  "channel_binding",
  "require_auth",
  "gssencmode",
  "connect_timeout",
  "keepalives",
  "keepalives_idle",
  "options",
  "target_session_attrs",
];

/** A server to import from, as libpq's service and password files. Both are secret. */
export interface SourceUrl {
  /** The service `source`, without the password. */
  readonly service: string;
  readonly passwordFile: string;
  /** The file of the CA that `sslrootcert` names, on this machine; undefined for none. */
  readonly caFile: string | undefined;
}

/** Where the CA's certificate is in the container; see images/postgres/import-dump.sh. */
const caInContainer = "/tmp/ca.pem";

/**
 * The URL of a server to import from.
 * @throws Error that says what is wrong with it, and holds no part of it but names of parameters.
 */
export function parseSourceUrl(text: string): SourceUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["postgres:", "postgresql:"].includes(url.protocol)) {
    throw new Error(
      "got no URL of a PostgreSQL server, expected postgresql://user:password@host:5432/database with one host, and %40 for @ in a password",
    );
  }
  const given = {
    host: plain("host", decoded(url.hostname)).replace(/^\[(.*)\]$/, "$1"),
    user: plain("user", decoded(url.username)),
    database: plain("database", decoded(url.pathname.slice(1))),
  };
  const missing = Object.entries(given).find(([, value]) => value === "");
  if (missing !== undefined) throw new Error(`got a URL without ${missing[0]}, expected host, user and database`);
  const { sslrootcert, ...rest } = settingsOf(url.searchParams);
  const service = {
    connect_timeout: "15",
    host: given.host,
    user: given.user,
    dbname: given.database,
    port: url.port === "" ? "5432" : url.port,
    ...rest,
    ...(sslrootcert === undefined ? {} : { sslrootcert: sslrootcert === "system" ? "system" : caInContainer }),
  };
  const password = plain("password", decoded(url.password)).replace(/[\\:]/g, "\\$&");
  return {
    service: `[source]\n${Object.entries(service)
      .map(([name, value]) => `${name}=${value}\n`)
      .join("")}`,
    passwordFile: password === "" ? "" : `*:*:*:*:${password}\n`,
    caFile: sslrootcert === "system" ? undefined : sslrootcert,
  };
}

/** What import-dump.sh reads: three lines in base64. @param ca the certificate in the file that the URL names, or nothing. */
export function renderSource({ service, passwordFile }: SourceUrl, ca: string): string {
  return [service, passwordFile, ca].map((part) => `${Buffer.from(part, "utf8").toString("base64")}\n`).join("");
}

function settingsOf(given: URLSearchParams): Record<string, string> {
  const known = [...parameters, "sslrootcert"];
  const unknown = [...given.keys()].filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`got the parameter ${unknown.join(", ")}, expected some of ${known.join(", ")}`);
  }
  return Object.fromEntries([...given].map(([name, value]) => [name, plain(name, value)]));
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Error("got a URL with a % that stands for nothing, expected %25 for a % in a password");
  }
}

/** One part of a URL. A line break would begin another line of the files, and libpq drops blanks at the end of one. */
function plain(name: string, part: string): string {
  if (!/\p{Cc}/u.test(part) && part === part.trimEnd()) return part;
  throw new Error(`got a ${name} with control characters or a blank at its end, expected none`);
}
