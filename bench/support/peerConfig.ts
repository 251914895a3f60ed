/** What a peer is to do: take TLS on a port of the loopback, and pass on in clear to one tenant's server. */
export interface PeerSpec {
  readonly port: number;
  /** The TLS server name. */
  readonly host: string;
  /** The server. */
  readonly address: string;
  readonly user: string;
  readonly database: string;
  readonly clients: number;
}

/** Where the files of a peer are in its container. */
export const peerFolder = "/peer";

/** HAProxy takes TLS from the first byte on and routes by server name; it does not know PostgreSQL's way of asking for TLS. */
export function haproxyConfig({ port, host, address, clients }: PeerSpec): string {
  return `global
    maxconn ${8 * clients}
    log stderr format raw local0 warning

defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h

frontend postgres
    bind 127.0.0.1:${port} ssl crt ${peerFolder}/bundle.pem alpn postgresql ssl-min-ver TLSv1.2
    use_backend tenant if { ssl_fc_sni -i ${host} }

backend tenant
    server tenant ${address}:5432
`;
}

/** PgBouncer speaks PostgreSQL: it takes TLS both ways, logs clients in itself, and keeps connections to the server. One session each, as without it. */
export function pgbouncerConfig({ port, address, database, clients }: PeerSpec): string {
  return `[databases]
${database} = host=${address} port=5432

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${peerFolder}/users
client_tls_sslmode = require
client_tls_cert_file = ${peerFolder}/bundle.pem
client_tls_key_file = ${peerFolder}/bundle.pem
server_tls_sslmode = disable
pool_mode = session
max_client_conn = ${8 * clients}
default_pool_size = ${clients}
max_prepared_statements = 200
log_connections = 0
log_disconnections = 0
`;
}

/** PgBouncer's list of users: the password as it is, with which it logs in to the server, too. */
export function pgbouncerUsers(user: string, password: string): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return `${quoted(user)} ${quoted(password)}\n`;
}
