import { parseUse, type Use } from "../../../components/shrinking.ts";
import { askTenants } from "../../askTenants.ts";
import { messageOf } from "../../operatorError.ts";
import { findPsql } from "../../psql.ts";
import type { TenantStatus } from "../../renderStatus.ts";
import { writeConnectionFiles } from "../../writeConnectionFiles.ts";
import { judgeCertificate, tryHandshake } from "../certificate.ts";
import type { Context } from "../context.ts";
import { containersOf, dockerAtOnce } from "../engine.ts";
import { deployed, readOutputs } from "../outputs.ts";
import { type Health, healthOf, renderHealth, worst } from "../renderHealth.ts";

/** What a tenant's own script may take to look at itself, in milliseconds. */
const lookLimit = 10_000;

/** Asks tenants as a client does, and looks at what they use. @returns 0 when all is well, 1 when something is not, 2 when one is down. */
export async function status(context: Context, id: string | undefined): Promise<number> {
  const outputs = readOutputs(context);
  const tenants = id === undefined ? outputs.tenants : { [id]: deployed(context, outputs.tenants, id) };
  const { serviceFile } = writeConnectionFiles(context.stack, outputs);
  const psql = await findPsql(serviceFile, typeof outputs.caCertificate === "string");
  const containers = containersOf(context.stack);
  const isRunning = (name: string) => containers.get(name)?.state === "running";
  const answers = await askTenants(tenants, psql, serviceFile);
  const healths = await Promise.all(
    answers.map(async (answer): Promise<Health> => {
      const container = context.config.names.tenant(answer.id);
      return healthOf(answer, isRunning(container), await look(answer, container));
    }),
  );
  const attempt = await tryHandshake(context.config, outputs);
  const router = {
    running: isRunning(context.config.names.stack),
    certificate: judgeCertificate(attempt, context.config.domain, new Date()),
  };
  const code = worst(healths, router);
  context.answer(renderHealth(healths, router), {
    status: ["healthy", "degraded", "error"][code],
    tenants: healths,
    router,
  });
  return code;
}

/** What a running tenant uses, and how near its disk is to its limit; a text says why that is not known. */
async function look(
  { tenant }: TenantStatus,
  container: string,
): Promise<(Use & { readonly diskTier: string }) | string> {
  if (tenant.state === "stopped") return "stopped";
  try {
    const printed = await dockerAtOnce(lookLimit, "exec", container, "/usr/local/lib/pgtenants/use.sh");
    return { ...parseUse(printed), diskTier: /^disk_tier=(\S+)$/m.exec(printed)?.[1] ?? "unknown" };
  } catch (error) {
    return messageOf(error);
  }
}
