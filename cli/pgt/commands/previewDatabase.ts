import { appendFileSync } from "node:fs";
import { ephemeralIn } from "../../../components/ephemeral.ts";
import type { PreviewRequest } from "../../../components/previewDatabases.ts";
import type { Entry } from "../../../tenants/edit.ts";
import { parseTenants } from "../../../tenants/load.ts";
import { OperatorError } from "../../operatorError.ts";
import type { Context } from "../context.ts";
import { deploy } from "../deploy.ts";
import { withSetting } from "../extraSettings.ts";
import { DeploymentError } from "../failures.ts";
import { reportOf } from "../impact/report.ts";
import { runPreview } from "../impact/runPreview.ts";
import { readOutputs } from "../outputs.ts";
import {
  type PreviewDatabase,
  previewDatabasesIn,
  previewId,
  renderPreviewDatabases,
  toSweep,
} from "../previewDatabases.ts";
import { recoverStack } from "../recoverStack.ts";
import { lastTenants, plannedTenants } from "../tenants.ts";
import { readText } from "../textFile.ts";
import { pathFor } from "./importTenant.ts";

/** What a new preview database is. */
export interface PreviewOptions {
  /** The tenant whose backups it begins with; empty without. */
  readonly from?: string;
  /** A file with SQL. */
  readonly mask?: string;
  readonly schemaOnly?: boolean;
  readonly plan?: string;
  /** A life as tenants.yaml has it. */
  readonly expires: string;
  /** A file that the connection string is added to, as a CI's jobs hand values on. */
  readonly output?: string;
}

/**
 * Makes a pull request's database, and hands its connection string out: to a file where one is named, or else on standard output. One that
 * is there already is handed out again. One that cannot be made whole is taken away.
 * @throws OperatorError where its id, plan or source is refused; DeploymentError where the deployment fails.
 */
export async function createPreview(context: Context, pr: number, options: PreviewOptions): Promise<void> {
  const id = previewId(pr);
  const entry = entryOf(context, id, options);
  const { tenantsFile, tenantsFileName } = context.config;
  // Held against the rules before anything is asked.
  parseTenants(readText(tenantsFile), tenantsFileName, [entry]);
  const isNew = !databases(context).some((database) => database.id === id);
  try {
    await deployWith(context, { create: [entry], delete: [] });
  } catch (error) {
    if (isNew && error instanceof DeploymentError && error.changed) await takeAway(context, pr, error);
    throw error;
  }
  handOut(context, id, options.output);
}

/** Ends it, with its data. That there is none is no error: a pull request may be closed twice. */
export async function deletePreview(context: Context, pr: number): Promise<void> {
  const id = previewId(pr);
  await end(
    context,
    databases(context).filter((database) => database.id === id),
    `there is no ${id}`,
  );
}

/** Ends those whose time is up and, where it is known which pull requests are open, those of others. */
export async function sweepPreviews(context: Context, open: readonly number[] | undefined): Promise<void> {
  await end(context, toSweep(databases(context), open, new Date()), "nothing to sweep");
}

export function listPreviews(context: Context): void {
  const found = databases(context);
  context.answer(renderPreviewDatabases(found), found);
}

function entryOf({ config }: Context, id: string, { from, mask, schemaOnly, plan, expires }: PreviewOptions): Entry {
  if (from === undefined && (mask !== undefined || schemaOnly === true))
    throw new OperatorError(
      "got a mask or --schema-only without --from",
      "pgt preview-database create --pr 12 --from <id>",
    );
  const less = {
    ...(mask === undefined ? {} : { mask: pathFor(config.folder, mask) }),
    ...(schemaOnly === true ? { schemaOnly } : {}),
  };
  return {
    id,
    ...(plan === undefined ? {} : { plan }),
    ...(from === undefined ? {} : { from: { clone: from, ...less } }),
    ephemeral: { expires },
  };
}

function databases(context: Context): readonly PreviewDatabase[] {
  return previewDatabasesIn(lastTenants(context));
}

async function end(context: Context, gone: readonly PreviewDatabase[], otherwise: string): Promise<void> {
  if (gone.length === 0) return context.report({ event: "note", message: otherwise });
  const ids = gone.map(({ id }) => id);
  await deployWith(context, { create: [], delete: ids });
  context.report({ event: "note", message: `${ids.join(", ")}: gone, with all data` });
}

async function deployWith(context: Context, request: PreviewRequest): Promise<void> {
  await recoverStack(context);
  await withSetting(context.config, "previewDatabases", request, async (settings) => {
    refuseOthers(context, request, settings);
    await deploy(context, "up", settings);
  });
}

/** Whoever may open a pull request may ask for a database, and for nothing else: an edit that waits for its approval goes on waiting. */
function refuseOthers(context: Context, { create }: PreviewRequest, settings: string): void {
  const preview = runPreview(context, settings);
  if (preview.errors.length > 0) {
    const fix = "nothing was changed; mend that and run it again";
    throw new DeploymentError(preview.errors.join("\n"), fix, "refused", false);
  }
  const planned = plannedTenants(context);
  const own = new Set([...ephemeralIn(planned.last), ...create.map(({ id }) => id)]);
  const { tenants, shared } = reportOf(preview, planned, own);
  const others = [...tenants.filter(({ id }) => !own.has(id)).map(({ id }) => id), ...shared.map(({ text }) => text)];
  if (others.length === 0) return;
  throw new OperatorError(
    `got changes that are not deployed yet, of ${others.join(", ")}, expected none beside the preview databases; nothing was changed`,
    "pgt plan shows them; deploy them first, or take a checkout of what is deployed",
  );
}

/** Every later deployment would try to make it again, and fail. Who interrupts gets no further deployment. */
async function takeAway(context: Context, pr: number, { ending }: DeploymentError): Promise<void> {
  const id = previewId(pr);
  const byHand = `pgt preview-database delete --pr ${pr}`;
  if (ending === "interrupted") {
    context.report({ event: "warning", message: `${id} is half made: create goes on with it, ${byHand} ends it` });
    return;
  }
  context.report({ event: "note", message: `${id} could not be made, and is taken away again` });
  try {
    await deployWith(context, { create: [], delete: [id] });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    context.report({ event: "warning", message: `${id} is still there: ${error.message}; ${byHand} ends it` });
  }
}

function handOut(context: Context, id: string, output: string | undefined): void {
  const strings = readOutputs(context).connectionStrings[id];
  if (strings === undefined) throw new OperatorError(`${id} was made, and has no connection string`, "pgt url, later");
  if (output === undefined) {
    context.answer(`${strings.uri}\n`, { id, uri: strings.uri });
    return;
  }
  // GitHub's runner hides from then on what such a line names.
  if (process.env["GITHUB_ACTIONS"] === "true") process.stdout.write(`::add-mask::${strings.uri}\n`);
  appendFileSync(output, `DATABASE_URL=${strings.uri}\n`, { mode: 0o600 });
  context.report({ event: "note", message: `${id}: DATABASE_URL is in ${output}` });
}
