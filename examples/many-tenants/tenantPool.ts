import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool, type PoolClient } from "pg";
import { parseIntoClientConfig } from "pg-connection-string";
import type { Login } from "./credentials.ts";
import type { TenantPool } from "./pool.ts";

/** What every tenant's pool is made with. */
export interface PoolSettings {
  /** The most connections of one tenant. */
  readonly size: number;
  /** Milliseconds after which a connection that nobody uses is closed. */
  readonly idleMs: number;
  /** Milliseconds that connecting may take, TLS and login included. */
  readonly connectMs: number;
  /** Milliseconds that a query may take. The connection is closed then; what the server does, `statementTimeout` in tenants.yaml bounds. */
  readonly queryMs: number;
  /** Milliseconds that a server may take to close its side of a connection, at the end of a pool. */
  readonly closeMs: number;
}

/**
 * A node-postgres pool for one tenant. `changed` is called when a connection has been closed. Sockets are counted, because `pool.end()` and
 * `totalCount` let go of a connection before it is closed: at the server it still has a slot.
 * @throws Error where the login's URI names a CA file that cannot be read.
 */
export function openTenantPool(login: Login, settings: PoolSettings, changed: () => void): TenantPool<PoolClient> {
  const sockets = new Set<Socket>();
  let closing = 0;
  const stream = () => {
    const socket = new AddressedSocket(login.address);
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      changed();
    });
    return socket;
  };
  // Nothing here is sent as a parameter of the session but the application's name: PgBouncer refuses those that it does not know.
  const pool = new Pool({
    ...parseIntoClientConfig(login.uri),
    stream,
    max: settings.size,
    idleTimeoutMillis: settings.idleMs,
    connectionTimeoutMillis: settings.connectMs,
    query_timeout: settings.queryMs,
    application_name: "many-tenants",
    keepAlive: true,
  });
  // A session that its server ends while nobody uses it is an event that ends the process where nobody listens. The pool has dropped it.
  pool.on("error", ignore);
  // The same where it ends between two queries of a request: the next query tells.
  pool.on("connect", (client) => client.on("error", ignore));
  return {
    get usable() {
      return pool.totalCount - closing;
    },
    get open() {
      return sockets.size;
    },
    take: async () => {
      const client = await pool.connect();
      return { client, giveBack: (broken) => client.release(broken) };
    },
    closeIdle: () => {
      closing += 1;
      const done = () => {
        closing -= 1;
      };
      pool.connect().then((client) => {
        client.release(true);
        done();
      }, done);
    },
    end: async () => {
      await pool.end();
      await Promise.race([allClosed(sockets), sleep(settings.closeMs, undefined, { ref: false })]);
      for (const socket of sockets) socket.destroy();
      await allClosed(sockets);
    },
  };
}

function ignore(): void {}

async function allClosed(sockets: ReadonlySet<Socket>): Promise<void> {
  await Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
}

/** Connects to an address of its own, where there is one; the host's name stays what is verified and sent as server name. */
class AddressedSocket extends Socket {
  readonly hostAddress: string | undefined;

  constructor(address: string | undefined) {
    super();
    this.hostAddress = address;
  }

  override connect(...args: unknown[]): this {
    const [port, host] = args;
    return super.connect(Number(port), this.hostAddress ?? String(host));
  }
}
