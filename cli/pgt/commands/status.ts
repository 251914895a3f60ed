import { mapAtOnce } from "../../../components/atOnce.ts";
import { parseUse } from "../../../components/shrinking.ts";
import { askTenants } from "../../askTenants.ts";
import { messageOf, OperatorError } from "../../operatorError.ts";
import { findPsql } from "../../psql.ts";
import type { TenantStatus } from "../../renderStatus.ts";
import type { StackOutputs } from "../../stackOutputs.ts";
import { writeConnectionFiles } from "../../writeConnectionFiles.ts";
import { parseBackups } from "../backups.ts";
import { judgeCertificate, tryHandshake } from "../certificate.ts";
import type { Context } from "../context.ts";
import { containersOf, dockerAtOnce } from "../engine.ts";
import { HealthError } from "../failures.ts";
import { type Copies, copiesFinding, readCopies } from "../offsite.ts";
import { isCopied } from "../offsitePlace.ts";
import { deployed, readOutputs } from "../outputs.ts";
import { type Health, healthOf, type Look, renderHealth, worst } from "../renderHealth.ts";

/** What a tenant's own script may take to look at itself, in milliseconds. */
const lookLimit = 10_000;

/**
 * Asks tenants as a client does, and looks at what they use. @returns 0 when all is well, 1 when something is not, 2 when one is down.
 * @throws HealthError when nobody could be asked, as without an engine; OperatorError when there is no such tenant.
 */
export async function status(context: Context, id: string | undefined): Promise<number> {
  const outputs = await orDown(() => readOutputs(context));
  const tenants = id === undefined ? outputs.tenants : { [id]: deployed(context, outputs.tenants, id) };
  const { healths, shared } = await orDown(() => lookAt(context, outputs, tenants));
  const code = worst(healths, shared);
  const level = ["healthy", "degraded", "error"][code];
  context.answer(renderHealth(healths, shared, new Date()), { status: level, tenants: healths, ...shared });
  return code;
}

async function orDown<T>(look: () => T | Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    throw error instanceof OperatorError ? new HealthError(error.message, error.fix) : error;
  }
}

async function lookAt({ stack, config }: Context, outputs: StackOutputs, tenants: StackOutputs["tenants"]) {
  const { serviceFile } = writeConnectionFiles(stack, outputs);
  const privateCa = typeof outputs.caCertificate === "string";
  const psql = await findPsql(serviceFile, privateCa, config.get("postgresImage"));
  const containers = containersOf(stack);
  const isRunning = (name: string) => containers.get(name)?.state === "running";
  const answers = await askTenants(tenants, psql, serviceFile);
  const healths = await mapAtOnce(answers, async (answer): Promise<Health> => {
    const container = config.names.tenant(answer.tenant.instance ?? answer.id);
    return healthOf(answer, isRunning(container), await lookInto(answer, container));
  });
  const certificate = judgeCertificate(await tryHandshake(config, outputs), config.domain, new Date());
  const router = { running: isRunning(config.names.stack), certificate };
  const offsite = isCopied(config) ? copiesFinding(await lookAtCopies(config.names.offsite)) : undefined;
  return { healths, shared: { router, offsite } };
}

async function lookAtCopies(container: string): Promise<Copies | string> {
  try {
    return await readCopies(container);
  } catch (error) {
    return messageOf(error);
  }
}

/** What a running tenant says of itself; a text says why that is not known. */
async function lookInto({ tenant }: TenantStatus, container: string): Promise<Look | string> {
  if (tenant.state === "stopped") return "stopped";
  try {
    const printed = await dockerAtOnce(lookLimit, "exec", container, "/usr/local/lib/pgtenants/health.sh");
    const [, backups = ""] = /^backups=(.*)$/m.exec(printed) ?? [];
    const diskTier = /^disk_tier=(\S+)$/m.exec(printed)?.[1] ?? "unknown";
    return { use: { ...parseUse(printed), diskTier }, backups: parseBackups(backups) };
  } catch (error) {
    return messageOf(error);
  }
}
