import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { promisify } from "node:util";
import { messageOf } from "../operatorError.ts";

const run = promisify(execFile);

/** How long the tenant tries, in seconds: on one machine an open way answers in a millisecond. */
const tryingSeconds = 2;

/** For each command of the engine's, in milliseconds. */
const engineLimit = 15_000;

/** Whether tenants reach what this machine serves on all its addresses. */
export type GatewayAnswer =
  | { readonly kind: "closed" }
  | { readonly kind: "open" }
  | { readonly kind: "unknown"; readonly reason: string };

/**
 * Tries out the firewall rule, which only root can read: listens at the bridge's own address, on a port that is free, and lets a tenant's
 * container connect to it. Needs the engine and no more; changes nothing, and ends within seconds. Never throws: where it cannot be tried,
 * that is the answer, with the reason.
 * @param container name or id of a running tenant's container.
 */
export async function probeGateway(container: string): Promise<GatewayAnswer> {
  const server = createServer();
  try {
    const gateway = await gatewayOf(container);
    let reached = false;
    server.on("connection", (socket) => {
      reached = true;
      socket.destroy();
    });
    const port = await listen(server, gateway);
    const tried = await connectFrom(container, gateway, port);
    return reached ? { kind: "open" } : tried;
  } catch (error) {
    return { kind: "unknown", reason: reasonOf(error) };
  } finally {
    server.close();
  }
}

async function gatewayOf(container: string): Promise<string> {
  const format = "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}";
  const { stdout } = await run("docker", ["inspect", "--format", format, container], { timeout: engineLimit });
  const gateway = stdout.trim();
  if (gateway === "") throw new Error(`${container} is on no bridge; is it running?`);
  return gateway;
}

/** Where the engine is in a machine of its own, as with Docker Desktop, the address is not one of this machine. */
async function listen(server: Server, address: string): Promise<number> {
  server.listen(0, address);
  await once(server, "listening");
  const bound = server.address();
  if (typeof bound !== "object" || bound === null) throw new Error(`no port at ${address}`);
  return bound.port;
}

/** With what the image has. Its exit codes: 0 and 1 are PostgreSQL's answers, 2 is none, 3 is a call that was not made. */
async function connectFrom(container: string, host: string, port: number): Promise<GatewayAnswer> {
  const command = ["pg_isready", "--host", host, "--port", String(port), "--timeout", String(tryingSeconds)];
  try {
    await run("docker", ["exec", container, ...command], { timeout: engineLimit });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === 2) return { kind: "closed" };
    throw error;
  }
  return { kind: "unknown", reason: `a PostgreSQL server answers at ${host}:${port}` };
}

function reasonOf(error: unknown): string {
  const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
  return said === "" ? messageOf(error) : said;
}
