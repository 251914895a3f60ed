import type { PgbenchRun, Reconnect, Reload, Stress, Throughput } from "../results.ts";
import { median } from "../support/statistics.ts";
import { blocks, figure, medianAndP95, table } from "./markdown.ts";
import { pathNames, ratioOf, reconnectBase, throughputBase } from "./paths.ts";

const throughputMeaning = `\`pgbench --select-only\` on a tenant whose shared buffers hold the whole table, over each path in turn, round after round. The client shares the cores with router and
server: a ratio says what a path costs, a figure of its own says little about other machines. PgBouncer keeps a session for each client; HAProxy takes TLS from the first byte
on only. Both are Debian's, on the loopback as Traefik is, and speak in clear to the server, as Traefik does where it ends TLS. Times in milliseconds.`;

const reconnectMeaning = `\`pgbench --select-only --connect\`: a connection for each transaction, a thread for each client. STARTTLS is PostgreSQL's way of asking for TLS, direct TLS is
\`sslnegotiation=direct\`, which saves a round trip. The times, in milliseconds, are of connecting, one query and disconnecting. PgBouncer answers logins itself and keeps its connections to the
server, so the server forks nothing.`;

/** The section on throughput. */
export function renderThroughput(rows: readonly Throughput[]): string {
  const header = ["path", "protocol", "clients", "runs", "of direct TLS", "transactions/s", "p50", "p95", "p99"];
  const body = rows.map((row) => [
    pathNames[row.path],
    row.mode,
    String(row.clients),
    ...cells(row.runs, throughputBase(rows, row)?.runs),
  ]);
  return blocks(throughputMeaning, table(header, body, 2));
}

/** The section on connections. */
export function renderReconnect(rows: readonly Reconnect[]): string {
  const header = ["path", "asks by", "clients", "runs", "of direct TLS", "connections/s", "p50", "p95", "p99"];
  const body = rows.map((row) => [
    pathNames[row.path],
    row.negotiation,
    String(row.clients),
    ...cells(row.runs, reconnectBase(rows, row)?.runs),
  ]);
  return blocks(reconnectMeaning, table(header, body, 2));
}

/** The medians of a path's runs. */
function cells(runs: readonly PgbenchRun[], base: readonly PgbenchRun[] | undefined): string[] {
  const middle = (of: (run: PgbenchRun) => number, digits: number) => figure(median(runs.map(of)), digits);
  return [
    String(runs.length),
    figure(ratioOf(runs, base)),
    middle(({ tps }) => tps, 0),
    middle(({ p50 }) => p50, 2),
    middle(({ p95 }) => p95, 2),
    middle(({ p99 }) => p99, 2),
  ];
}

const reloadMeaning = `A Traefik of the bench's own, started as the program starts one, with many routes. One of them gets another host name; the time is from the renamed file to the first
\`SELECT 1\` by the new name over verified TLS, the processor time is Traefik's. Then reload upon reload, each seen to work, while four clients of \`pgbench\` keep their sessions and four more connect for each
transaction, in runs of 20 s one after another; an error is a client that gave up.`;

/** The section on reloads. */
export function renderReload(rows: readonly Reload[]): string {
  return blocks(
    reloadMeaning,
    table(
      [
        "routers",
        "reloads",
        "seconds, median",
        "p95",
        "processor seconds",
        "under load",
        "transactions",
        "connections",
        "errors",
      ],
      rows.map(({ routers, seconds, cpuSeconds, traffic }) => [
        String(routers),
        String(seconds.length),
        ...medianAndP95(seconds, 3),
        figure(median(cpuSeconds)),
        figure(traffic?.reloads, 0),
        figure(traffic?.transactions, 0),
        figure(traffic?.connections, 0),
        figure(traffic?.errors, 0),
      ]),
    ),
  );
}

const stressMeaning = `All clients at once on a tenant that is limited to 1 cpu and 512 MB, through Traefik with TLS. The last row is what the project rust-actix-postgres-multi-tenant published of itself:
250 threads with the default pool, 1 vCPU and 512 MB. Its requests are HTTP to a service before PostgreSQL, ours are SQL: the rows stand beside each other, and are not the same work. Times in milliseconds.`;

/** The published row. */
const reference = ["published, HTTP", "250", "5000", "828", "83", "3326", "605", "0", "98.3"];

/** The section on the reference stress. */
export function renderStress(rows: readonly Stress[]): string {
  return blocks(stressMeaning, stressTable(rows.map(({ way, ...row }) => ({ name: `${way}, SQL`, ...row }))));
}

/** What one run came to, under a name of its own. */
export type StressRow = Omit<Stress, "way"> & { readonly name: string };

/** Rows beside the published one. */
export function stressTable(rows: readonly StressRow[]): string {
  return table(
    ["requests", "clients", "count", "average", "min", "max", "deviation", "errors", "per second"],
    [
      ...rows.map(({ name, clients, requests, average, least, most, deviation, errors, perSecond }) => [
        name,
        String(clients),
        String(requests),
        ...[average, least, most, deviation].map((value) => figure(value, 1)),
        String(errors),
        figure(perSecond, 1),
      ]),
      reference,
    ],
  );
}
