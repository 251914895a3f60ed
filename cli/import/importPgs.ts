import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { postgresImageTag } from "../../components/images.ts";
import { parseTenants } from "../../tenants/load.ts";
import { OperatorError } from "../operatorError.ts";
import { expectTyped } from "../pgt/ask.ts";
import type { Context } from "../pgt/context.ts";
import { containersOf } from "../pgt/engine.ts";
import { DeploymentError } from "../pgt/failures.ts";
import { readText } from "../pgt/textFile.ts";
import { deployTenants } from "./deployTenants.ts";
import { finishTenant } from "./finishTenant.ts";
import { lookAtTenant } from "./lookAround.ts";
import { findContainer, startAgain, stopContainers } from "./pgsContainers.ts";
import { readFolder, readTls } from "./pgsFolder.ts";
import { type ImportPlan, planImport, withEntries } from "./planImport.ts";
import type { PgsSetup } from "./readPgs.ts";
import { renderPlan } from "./renderPlan.ts";
import { keepLogins } from "./session.ts";
import { tryCluster } from "./volume.ts";

/**
 * Takes over the tenants of a pgs folder: volumes, hosts, users, databases and passwords stay; the users are no superusers any more. Up to the
 * deployment pgs is started again when something stands against it; what is deployed stays, and the next import goes on with it.
 * @throws OperatorError with everything that stands against it.
 */
export async function importPgs(context: Context, path: string): Promise<void> {
  if (!context.deploy)
    throw new OperatorError("got --no-deploy, expected a deployment: an import hands data over", "leave it out");
  const folder = resolve(path);
  const image = context.config.get("postgresImage") ?? postgresImageTag();
  const setup = readFolder(folder);
  const plan = planOf(context, setup, folder, image);

  const fresh = plan.tenants.flatMap(({ takeFrom, ...rest }) =>
    takeFrom === undefined ? [] : [{ ...rest, takeFrom }],
  );
  tellPlan(context, plan, setup);
  if (!context.yes) await expectTyped("Import?", "import", "--yes");

  try {
    for (const { pgs, takeFrom } of fresh) keepLogins({ container: takeFrom.name, superuser: pgs.user }, pgs.database);
    stopContainers(plan.stop);
    for (const { pgs, volume } of fresh) tryCluster(pgs.id, volume, image);
    await deployTenants(context, plan);
  } catch (error) {
    if (error instanceof DeploymentError && error.changed) {
      const message = "nothing is handed over yet; when what is wrong is mended, import again, which goes on with it";
      context.report({ event: "warning", message });
    } else if (plan.stop.length > 0) {
      startAgain(plan.stop);
      context.report({ event: "note", message: `pgs runs again: ${plan.stop.map(({ name }) => name).join(", ")}` });
    }
    throw error;
  }
  await finishAll(context, plan);
  context.report({ event: "note", message: `imported; pgs's containers are stopped, and ${folder} is as it was` });
}

/** Looks at everything and changes nothing. */
function planOf({ config, stack }: Context, setup: PgsSetup, folder: string, image: string): ImportPlan {
  const { domain, port, tenantsFile, tenantsFileName } = config;
  const text = existsSync(tenantsFile) ? readText(tenantsFile) : undefined;
  const listed = text === undefined ? [] : parseTenants(text, tenantsFileName);
  const looks = setup.tenants.map((pgs) =>
    lookAtTenant(pgs, {
      folder,
      image,
      containerOf: config.names.tenant,
      volumeOf: (id) => listed.find((tenant) => tenant.id === id)?.adoptedVolume,
    }),
  );
  const isInUse = [...containersOf(stack).values()].some(({ tenant }) => tenant !== undefined);
  const tls = readTls(folder, isInUse ? undefined : setup.domain);
  const router = setup.router === undefined ? undefined : findContainer(setup.router, folder);
  const plan = planImport({ setup, looks, router, tls, stack: { domain, port, isInUse }, listed });
  if ("refusals" in plan)
    throw new OperatorError(plan.refusals.join("\n"), "mend the lines above and import again; nothing was changed");
  const entries = plan.tenants.map(({ entry }) => entry);
  parseTenants(withEntries(text, entries), tenantsFileName);
  return plan;
}

function tellPlan({ config, report }: Context, plan: ImportPlan, setup: PgsSetup): void {
  const port = Number(new Map(plan.settings).get("port") ?? config.port);
  report({ event: "note", message: renderPlan(plan, setup.domain ?? config.domain, port) });
  for (const { pgs, changes } of plan.tenants)
    for (const change of changes) report({ event: "warning", message: `${pgs.id}: ${change}` });
}

/** One tenant that cannot be finished does not keep the others from it. */
async function finishAll(context: Context, { tenants }: ImportPlan): Promise<void> {
  const failed: string[] = [];
  for (const { pgs } of tenants) {
    try {
      await finishTenant(context, pgs);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      failed.push(`${error.message}\n  ${error.fix}`);
    }
  }
  if (failed.length > 0)
    throw new OperatorError(failed.join("\n"), "mend that and import again, which goes on with it");
}
