import * as z from "zod";
import { OperatorError } from "../operatorError.ts";
import { alignColumns } from "../table.ts";

const count = z.coerce.number();
const document = z.record(
  z.string(),
  z.object({
    version: z.array(z.object({ version: z.string() })),
    pools: z.array(
      z.object({
        database: z.string(),
        user: z.string(),
        cl_active: count,
        cl_waiting: count,
        sv_active: count,
        sv_idle: count,
        sv_used: count,
        sv_tested: count,
        sv_login: count,
        maxwait: count,
        maxwait_us: count,
      }),
    ),
    stats: z.array(
      z.object({
        database: z.string(),
        total_xact_count: count,
        total_query_count: count,
        total_wait_time: count,
        total_client_login_count: count,
        total_server_assignment_count: count,
      }),
    ),
    config: z.array(z.object({ key: z.string(), value: z.string() })),
  }),
);

/** The clients of one role in one database, and the server connections that they share. */
interface RolePool {
  readonly role: string;
  readonly database: string;
  readonly clients: { readonly active: number; readonly waiting: number };
  readonly serverConnections: { readonly used: number; readonly idle: number };
  /** For how long the client has waited that has waited longest, in seconds. */
  readonly longestWaitSeconds: number;
}

/** What a connection pool does. */
export interface PoolReport {
  readonly version: string;
  readonly mode: string;
  readonly limits: { readonly serverConnections: number; readonly reserve: number; readonly clients: number };
  readonly pools: readonly RolePool[];
  /** Since its PgBouncer started. */
  readonly totals: {
    readonly logins: number;
    readonly transactions: number;
    readonly statements: number;
    /** How long a client waited for a server connection, on average. */
    readonly averageWaitMilliseconds: number;
  };
}

/** What is PgBouncer's own, and no client's. */
const ownDatabases: readonly string[] = ["pgbouncer", "pgtenants_auth"];

/**
 * Reads what show-pools.pl printed. Pure.
 * @param pool the pool's name. @throws OperatorError when that is of another form, or the pool is not among it.
 */
export function parsePools(printed: string, pool: string): PoolReport {
  const parsed = document.safeParse(JSON.parse(printed));
  if (!parsed.success)
    throw new OperatorError(
      `what the pool says is of another form: ${z.prettifyError(parsed.error)}`,
      "make up, which brings the container to this version",
    );
  const { version, pools, stats, config } = parsed.data[pool] ?? {};
  if (version === undefined || pools === undefined || stats === undefined || config === undefined)
    throw new OperatorError(`there is no pool "${pool}" in its container`, "pgt start");
  const setting = (name: string) => config.find(({ key }) => key === name)?.value ?? "";
  const served = stats.filter(({ database }) => !ownDatabases.includes(database));
  const sum = (of: (row: (typeof served)[number]) => number) => served.reduce((total, row) => total + of(row), 0);
  const assignments = sum((row) => row.total_server_assignment_count);
  const waited = sum((row) => row.total_wait_time);
  return {
    version: version[0]?.version ?? "unknown",
    mode: setting("pool_mode"),
    limits: {
      serverConnections: Number(setting("default_pool_size")),
      reserve: Number(setting("reserve_pool_size")),
      clients: Number(setting("max_client_conn")),
    },
    pools: pools.filter(({ database }) => !ownDatabases.includes(database)).map(rolePool),
    totals: {
      logins: sum((row) => row.total_client_login_count),
      transactions: sum((row) => row.total_xact_count),
      statements: sum((row) => row.total_query_count),
      averageWaitMilliseconds: assignments === 0 ? 0 : Math.round(waited / assignments) / 1000,
    },
  };
}

function rolePool(row: z.infer<typeof document>[string]["pools"][number]): RolePool {
  return {
    role: row.user,
    database: row.database,
    clients: { active: row.cl_active, waiting: row.cl_waiting },
    serverConnections: { used: row.sv_active + row.sv_login, idle: row.sv_idle + row.sv_used + row.sv_tested },
    longestWaitSeconds: row.maxwait + row.maxwait_us / 1_000_000,
  };
}

/** The report as text. Pure. @param host where clients reach the pool. */
export function renderPools(host: string, { version, mode, limits, pools, totals }: PoolReport): string {
  const { serverConnections, reserve, clients } = limits;
  const header = ["ROLE", "DATABASE", "CLIENTS", "WAITING", "LONGEST WAIT", "CONNECTIONS USED", "IDLE"];
  const rows = pools.map((pool) => [
    pool.role,
    pool.database,
    String(pool.clients.active),
    String(pool.clients.waiting),
    `${pool.longestWaitSeconds.toFixed(1)} s`,
    String(pool.serverConnections.used),
    String(pool.serverConnections.idle),
  ]);
  const spare = reserve === 0 ? "" : ` and ${reserve} in reserve`;
  return `${[
    `${host}: ${version}, ${mode} mode, ${serverConnections} server connections${spare}, at most ${clients} clients`,
    ...(rows.length === 0 ? ["nobody has come by it lately"] : alignColumns([header, ...rows])),
    `since it started: ${totals.logins} logins, ${totals.transactions} transactions, ${totals.statements} statements; ` +
      `waited ${totals.averageWaitMilliseconds} ms for a connection on average`,
  ].join("\n")}\n`;
}
