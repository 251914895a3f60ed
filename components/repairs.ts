import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { mapAtOnce } from "./atOnce.ts";
import { type Difference, lookCommand, lookInput, parseLook } from "./declaredLook.ts";
import { declaredSpecOf } from "./declaredSpec.ts";
import { dockerLines, dockerReading } from "./dockerCli.ts";
import type { LastDeployment, LastTenant } from "./lastDeployment.ts";
import type { StackNames } from "./names.ts";
import type { ListedTenant } from "./previewDatabases.ts";
import { limitsOf } from "./tenantSpec.ts";
import { previousIdOf, previousOf } from "./transitions.ts";

/** How long one tenant may take to answer, in milliseconds. */
const limit = 60_000;

/**
 * The value of the SQL step's REPAIR: another one than last time where something declared was changed by hand, so that the step runs again and a preview
 * shows it. What is declared absent and there all the same is none of it: nothing is dropped for a drop that was confirmed once. Pure.
 */
export function repairOf(last: string | undefined, found: readonly Difference[]): string | undefined {
  const mended = found.filter(({ kind }) => kind !== "declared-absent");
  if (mended.length === 0) return last;
  return createHash("sha256")
    .update(JSON.stringify([last ?? "", mended]))
    .digest("hex")
    .slice(0, 16);
}

/**
 * The same for all tenants that declare something, by id. Only who was deployed with just this is asked: any other's step runs anyhow. Where
 * the engine cannot be asked, as at a preview elsewhere, and of servers that do not run, everything stays as it was.
 */
export async function askRepairs(
  listed: readonly ListedTenant[],
  last: LastDeployment,
  names: StackNames,
): Promise<ReadonlyMap<string, string>> {
  const declaring = listed.filter(({ state, declared }) => state === "running" && declared !== undefined);
  if (declaring.length === 0) return new Map();
  const running = await orNone(() => dockerLines("ps", "--format", "{{.Names}}"));
  const repairs = await mapAtOnce(declaring, async (tenant) => {
    const before = previousOf(tenant, last);
    const container = names.tenant(previousIdOf(tenant, last) ?? tenant.id);
    const { declared } = tenant;
    const asked =
      before !== undefined &&
      JSON.stringify(before.declared) === JSON.stringify(declared) &&
      running.includes(container);
    if (declared === undefined || !asked) return [tenant.id, before?.repair] as const;
    const input = lookInput({ ...deployedAs(tenant, before), declared: declaredSpecOf(declared, new Map()) });
    try {
      const found = parseLook(await dockerReading(input, limit, ...lookCommand(container)));
      return [tenant.id, repairOf(before.repair, found)] as const;
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
      await pulumi.log.warn(
        `"${tenant.id}": whether something that is declared was changed by hand could not be seen: ${reason}`,
      );
      return [tenant.id, before.repair] as const;
    }
  });
  return new Map(repairs.flatMap(([id, repair]) => (repair === undefined ? [] : [[id, repair] as const])));
}

/** What was deployed, so that an edit of access, role or database is no change by hand. Pure. */
export function deployedAs(tenant: ListedTenant, { lookedAt }: LastTenant): NonNullable<LastTenant["lookedAt"]> {
  const { owner, database, access } = tenant;
  return lookedAt ?? { owner, database, access: { login: access.enabled }, limits: limitsOf(tenant) };
}

async function orNone(ask: () => Promise<string[]>): Promise<string[]> {
  try {
    return await ask();
  } catch {
    return [];
  }
}
