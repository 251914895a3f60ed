import type { TestStack } from "../../test/e2e/support/testStack.ts";
import type { Scope } from "../scope.ts";
import { discard, makeBenchStack, type Tenant, targetOf, tenantsOf } from "./benchStack.ts";
import { type Peers, startPeers } from "./peers.ts";
import { initialise } from "./pgbench.ts";

/** A deployed stack for the sections about traffic: the same server twice, once behind each kind of route, and the peers before the first. */
export interface Pair {
  readonly at: TestStack;
  /** TLS ends at the router. */
  readonly terminated: Tenant;
  /** TLS ends at its own server, so that a client can also speak TLS to it directly. */
  readonly sealed: Tenant;
  /** With room for the connections of the reference stress. */
  readonly stressed: Tenant;
  readonly peers: Peers;
}

/** Shared buffers hold the whole table, so that what is measured is the way to the server and not its disk. */
const server = 'memory: "1 GB", sharedBuffers: "256 MB"';

/** Connections of a tenant beyond the clients: those that pgbench and the server are still closing. */
const spare = 24;

/** Deploys it and fills the tables. */
export async function makePair(scope: Scope, peersImage: string): Promise<Pair> {
  const at = await makeBenchStack();
  try {
    // PgBouncer keeps as many connections to the first as it had clients, while the others' turn comes: hence twice as many below.
    const clients = Math.max(...scope.throughput.clients, ...scope.reconnect.clients) + spare;
    at.list(
      `{ id: terminated, ${server}, maxConnections: ${2 * clients} }`,
      `{ id: sealed, tls: passthrough, ${server}, maxConnections: ${2 * clients} }`,
      `{ id: stressed, memory: "1 GB", sharedBuffers: "64 MB", maxConnections: ${scope.stress.clients + 2 * spare} }`,
    );
    await at.stack.up();
    const tenants = await tenantsOf(at);
    const [terminated, sealed, stressed] = ["terminated", "sealed", "stressed"].map((id) => tenants.get(id));
    if (terminated === undefined || sealed === undefined || stressed === undefined) {
      throw new Error("a tenant of the stack for traffic is missing");
    }
    for (const tenant of [terminated, sealed, stressed]) {
      const settings = { hostaddr: tenant.address, host: tenant.host, port: "5432", sslmode: "disable" };
      await initialise(await targetOf(at, tenant, settings), scope.throughput.scale);
    }
    return { at, terminated, sealed, stressed, peers: await startPeers(at, terminated, peersImage, clients) };
  } catch (error) {
    await discard(at);
    throw error;
  }
}
