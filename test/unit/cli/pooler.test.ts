import { describe, expect, test } from "vitest";
import { parsePools, renderPools } from "../../../cli/pgt/pooler.ts";

const idle = {
  cl_active: "0",
  cl_waiting: "0",
  sv_active: "0",
  sv_idle: "0",
  sv_used: "0",
  sv_tested: "0",
  sv_login: "0",
};
const none = { total_xact_count: "0", total_query_count: "0", total_wait_time: "0", total_client_login_count: "9" };
const own = { ...none, total_server_assignment_count: "9" };

/** As show-pools.pl prints it: PgBouncer's console gives texts. */
const printed = (pools: readonly object[], stats: readonly object[] = []) =>
  JSON.stringify({
    tenant: {
      version: [{ version: "PgBouncer 1.26.1" }],
      pools: [
        { database: "pgbouncer", user: "pgbouncer", ...idle, cl_active: "1", maxwait: "0", maxwait_us: "0" },
        ...pools,
      ],
      stats: [{ database: "pgtenants_auth", ...own }, ...stats],
      config: [
        { key: "pool_mode", value: "transaction", default: "session", changeable: "yes" },
        { key: "default_pool_size", value: "20" },
        { key: "reserve_pool_size", value: "5" },
        { key: "max_client_conn", value: "1000" },
      ],
    },
  });

const busy = {
  ...{ database: "acme", user: "acme", maxwait: "1", maxwait_us: "500000", pool_mode: "transaction" },
  ...{ cl_active: "12", cl_waiting: "3", sv_active: "19", sv_login: "1", sv_idle: "1", sv_used: "2", sv_tested: "1" },
};
const counted = {
  ...{ database: "acme", total_xact_count: "1000", total_query_count: "1500", total_wait_time: "2500000" },
  ...{ total_client_login_count: "40", total_server_assignment_count: "1000" },
};

describe("what a pool's console says", () => {
  test("is told by role and database, without what is PgBouncer's own", () => {
    expect(parsePools(printed([busy], [counted]), "tenant")).toEqual({
      version: "PgBouncer 1.26.1",
      mode: "transaction",
      limits: { serverConnections: 20, reserve: 5, clients: 1000 },
      pools: [
        {
          ...{ role: "acme", database: "acme", clients: { active: 12, waiting: 3 } },
          ...{ serverConnections: { used: 20, idle: 4 }, longestWaitSeconds: 1.5 },
        },
      ],
      totals: { logins: 40, transactions: 1000, statements: 1500, averageWaitMilliseconds: 2.5 },
    });
  });

  test("is told as a table", () => {
    const text = renderPools("acme-pooler.db.example.com", parsePools(printed([busy], [counted]), "tenant"));
    expect(text.split("\n")).toEqual([
      "acme-pooler.db.example.com: PgBouncer 1.26.1, transaction mode, 20 server connections and 5 in reserve, at most 1000 clients",
      "ROLE  DATABASE  CLIENTS  WAITING  LONGEST WAIT  CONNECTIONS USED  IDLE",
      "acme  acme      12       3        1.5 s         20                4",
      "since it started: 40 logins, 1000 transactions, 1500 statements; waited 2.5 ms for a connection on average",
      "",
    ]);
  });

  test("of a pool that nobody has used is no table", () => {
    const text = renderPools("h", parsePools(printed([]), "tenant"));
    expect(text).toContain(
      "nobody has come by it lately\nsince it started: 0 logins, 0 transactions, 0 statements; waited 0 ms",
    );
  });

  test.each([
    ['{"other":{}}', "is of another form"],
    ["{}", 'there is no pool "tenant"'],
  ])("that is %s is an error", (text, reason) => {
    expect(() => parsePools(text, "tenant")).toThrow(reason);
  });
});
