import { vi } from "vitest";
import { nodeClient } from "./clients.ts";
import { outputOf, run } from "./shell.ts";

/** Makes a server write down every connection when it comes in, before anything is read from it; undone by {@link forgetConnections}. */
export async function logConnections(container: string): Promise<void> {
  await alterSystem(container, "SET log_connections = 'receipt'");
  await eventually(async () => {
    const value = await psql(container, "SHOW log_connections");
    if (value !== "receipt") throw new Error(`log_connections of ${container} is "${value}"`);
  });
}

/** Leaves the logging of connections to the server's own settings again. */
export const forgetConnections = (container: string) => alterSystem(container, "RESET log_connections");

async function alterSystem(container: string, change: string): Promise<void> {
  await psql(container, `ALTER SYSTEM ${change}`);
  await psql(container, "SELECT pg_reload_conf()");
}

const eventually = <T>(attempt: () => Promise<T>) => vi.waitFor(attempt, { timeout: 10_000, interval: 100 });

/** Runs SQL as the superuser, from within the container. */
const psql = (container: string, sql: string) => outputOf("docker", ["exec", container, "psql", "-qAtc", sql]);

/** Written without a client: checkpoints by the clock, and the superuser's sessions from within the container. */
const unrelated = /LOG: {2}checkpoint |connection received: host=\[local\]/;

/**
 * Logs in with `uri`, and gives what the server has written up to this login, which shows that the log is complete until then
 * and that connections are in it. `earlier` is what an earlier call gave.
 */
export async function logUntilLogin(container: string, uri: string, earlier: readonly string[] = []) {
  const client = await nodeClient(uri);
  const { rows } = await client.query("SELECT inet_client_port() AS port").finally(() => client.end());
  return eventually(async () => {
    const { stderr } = await run("docker", ["logs", container]);
    const lines = stderr.split("\n").filter((line) => !unrelated.test(line));
    const login = lines.findLastIndex((line) => line.endsWith(` port=${rows[0].port}`));
    if (login < earlier.length) throw new Error(`no login from port ${rows[0].port} in the log of ${container}`);
    return lines.slice(0, login + 1);
  });
}
