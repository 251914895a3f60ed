import { poolerName, tenantHost } from "../../../components/names.ts";
import { OperatorError } from "../../operatorError.ts";
import type { Context } from "../context.ts";
import { containersOf, dockerAtOnce } from "../engine.ts";
import { parsePools, renderPools } from "../pooler.ts";
import { serverNamed } from "../tenants.ts";

/** What the container may take to ask PgBouncer, in milliseconds. */
const lookLimit = 10_000;

/** What a tenant's connection pool does. @throws OperatorError for a tenant without one, or where it does not run. */
export async function pooler(context: Context, id: string): Promise<void> {
  const { config, stack } = context;
  const tenant = serverNamed(config, id);
  if (tenant.pooler === undefined)
    throw new OperatorError(
      `${id} has no connection pool`,
      `write "pooler: { mode: transaction }" into its entry in ${config.tenantsFileName}, then: pgt plan`,
    );
  const container = config.names.pooler(id);
  const state = containersOf(stack).get(container)?.state;
  if (state !== "running")
    throw new OperatorError(
      `the container ${container} is ${state ?? "not there"}, expected it running`,
      `pgt start ${id}`,
    );
  const printed = await dockerAtOnce(lookLimit, "exec", container, "/usr/local/lib/pgtenants/show-pools.pl");
  const report = parsePools(printed, "tenant");
  const host = tenantHost(poolerName(id), config.domain);
  context.answer(renderPools(host, report), { id, host, port: config.port, ...report });
}
