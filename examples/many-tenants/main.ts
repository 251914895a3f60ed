// The service: node examples/many-tenants/main.ts <sealed file> <identity file> [bounds]
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Credentials } from "./credentials.ts";
import { createService } from "./service.ts";
import { TenantDatabases } from "./tenantDatabases.ts";

const usage = `usage: node examples/many-tenants/main.ts <sealed file> <identity file>
  --port 8080                  on 127.0.0.1; 0 for any that is free
  --pools 200                  pools at a time
  --connections 400            connections at a time, of all pools together
  --connections-per-tenant 5
  --waiting-per-tenant 250     requests that wait for one tenant
  --wait-seconds 5             how long a request waits for a connection
  --idle-seconds 60            after which pools and connections that nobody uses are closed`;

const times = { connectMs: 5000, queryMs: 10_000, closeMs: 5000 };

/** Milliseconds that requests under way have when the service is told to stop, and then their connections to be closed. */
const stopMs = 10_000;

const log = (line: string) => console.log(`${new Date().toISOString()} ${line}`);

const { sealed, identity, port, bounds } = readArguments();
const credentials = new Credentials({ sealed, identity });
const databases = new TenantDatabases(credentials, bounds, times);
await databases.reload().catch(giveUp);
const server = createService(databases, log);
server.listen(port, "127.0.0.1");
await once(server, "listening").catch(giveUp);
log(`listening on ${urlOf(server)}, logins of ${credentials.size} tenants`);

process.on("SIGHUP", () => {
  databases.reload().then(
    (changed) => log(`read ${sealed} again: ${changed.length} logins changed`),
    (error: Error) => log(`keeps its logins: ${error.message}`),
  );
});
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop(signal));

/** Takes no new connection, lets requests under way end, and then closes what is open. */
async function stop(signal: string): Promise<void> {
  log(`${signal}: stopping`);
  const closed = new Promise((resolve) => server.close(resolve));
  await Promise.race([closed, sleep(stopMs, undefined, { ref: false })]);
  const stopped = databases.stop();
  await Promise.race([Promise.all([closed, stopped]), sleep(stopMs, undefined, { ref: false })]);
  server.closeAllConnections();
  log("stopped");
  process.exit(0);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        port: { type: "string", default: "8080" },
        pools: { type: "string", default: "200" },
        connections: { type: "string", default: "400" },
        "connections-per-tenant": { type: "string", default: "5" },
        "waiting-per-tenant": { type: "string", default: "250" },
        "wait-seconds": { type: "string", default: "5" },
        "idle-seconds": { type: "string", default: "60" },
      },
    });
    const [sealed, identity, ...others] = positionals;
    if (sealed === undefined || identity === undefined || others.length > 0) throw new Error("expected two files");
    const bounds = {
      pools: count(values.pools),
      connections: count(values.connections),
      connectionsPerTenant: count(values["connections-per-tenant"]),
      waitingPerTenant: count(values["waiting-per-tenant"]),
      waitMs: count(values["wait-seconds"]) * 1000,
      idleMs: count(values["idle-seconds"]) * 1000,
    };
    return { sealed, identity, bounds, port: values.port === "0" ? 0 : count(values.port) };
  } catch (error) {
    return giveUp(error, `\n${usage}`);
  }
}

function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`got "${text}", expected a whole number from 1 to 999999`);
  return Number(text);
}

function urlOf(listening: Server): string {
  const { address, port: given } = listening.address() as AddressInfo;
  return `http://${address}:${given}`;
}

function giveUp(error: unknown, more = ""): never {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}${more}`);
  process.exit(1);
}
