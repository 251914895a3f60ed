import { OperatorError } from "../../operatorError.ts";
import type { Context } from "../context.ts";
import { containersOf } from "../engine.ts";
import { listedTenants, serverNamed } from "../tenants.ts";
import { runInTerminal } from "../terminal.ts";

export interface LogOptions {
  /** The last so many lines; all by default. */
  readonly tail?: string;
  readonly follow?: boolean;
}

/** What a tenant's server wrote, or the router: `router`, and `traefik` where a tenant has that name. @returns docker's exit code. */
export async function logs(
  context: Context,
  id: string,
  { tail = "all", follow = false }: LogOptions,
): Promise<number> {
  const container = containerNamed(context, id);
  if (!containersOf(context.stack).has(container)) {
    throw new OperatorError(`${id} has no container, and so no log`, `pgt list shows its state; pgt start ${id}`);
  }
  if (tail !== "all" && !/^\d+$/.test(tail)) {
    throw new OperatorError(`--tail: got "${tail}", expected a number of lines`, "--tail 100");
  }
  const options = [`--tail=${tail}`, ...(follow ? ["--follow"] : [])];
  return runInTerminal("docker", ["logs", ...options, container], process.env);
}

function containerNamed({ config }: Context, id: string): string {
  const tenants = listedTenants(config);
  const isRouter = id === "traefik" || (id === "router" && !tenants.some((tenant) => tenant.id === id));
  return isRouter ? config.names.stack : config.names.tenant(serverNamed(config, id).id);
}
