import { parseTenants } from "../../tenants/load.ts";
import { OperatorError } from "../operatorError.ts";
import type { Context } from "./context.ts";
import { deploy } from "./deploy.ts";
import { DeploymentError } from "./failures.ts";
import { lockFile } from "./fileLock.ts";
import { lineDiff } from "./lineDiff.ts";
import { recoverStack } from "./recoverStack.ts";
import { readText, writeText } from "./textFile.ts";

/** An edit of tenants.yaml, and what belongs to it. */
export interface Change {
  /** The command, for whoever finds the file locked. */
  readonly command: string;
  readonly edit: (text: string) => string;
  /** Runs between the edit and the deployment, and writes into the stack's settings; undone with the edit. */
  readonly configure?: () => void;
}

/**
 * Edits the file, and makes it so. The new text is checked before it is written. A deployment that is refused before anything changed takes
 * the edit back; one that fails on its way leaves it: what the file says and what runs would be further apart without it.
 * @throws OperatorError as deploy does, and when somebody else is at work on the file.
 */
export async function applyChange(context: Context, { command, ...change }: Change): Promise<void> {
  const release = lockFile(context.config.tenantsFile, command);
  try {
    await applyLocked(context, change);
  } finally {
    release();
  }
}

/** The same for who holds the file's lock. */
export async function applyLocked(context: Context, { edit, configure }: Omit<Change, "command">): Promise<void> {
  const { tenantsFile, tenantsFileName, file } = context.config;
  const { before, after } = tryEdit(context, edit);
  if (context.deploy) await recoverStack(context);

  if (after === before) context.report({ event: "note", message: `${tenantsFileName} says so already` });
  else {
    writeText(tenantsFile, after);
    context.report({ event: "edited", file: tenantsFileName, diff: lineDiff(before, after) });
  }
  const restorers = [restorer(tenantsFile, before, after)];
  await orRestore(context, restorers, async () => {
    if (configure !== undefined) {
      const settings = readText(file);
      configure();
      restorers.push(restorer(file, settings, readText(file)));
    }
    if (context.deploy) await deploy(context, "up");
    else context.report({ event: "note", message: "not deployed: pgt start, or pulumi up, makes it so" });
  });
}

/** The file before and after an edit, which is not made. @throws TenantsFileError or EditError where it would be refused. */
export function tryEdit(
  { config }: Context,
  edit: Change["edit"],
): { readonly before: string; readonly after: string } {
  const { tenantsFile, tenantsFileName } = config;
  const before = readText(tenantsFile);
  parseTenants(before, tenantsFileName);
  const after = edit(before);
  parseTenants(after, tenantsFileName);
  return { before, after };
}

interface Restorer {
  readonly file: string;
  readonly restore: () => "restored" | "same" | "changed by somebody else";
}

/** Puts a text back where the file still holds what was written: somebody may have edited it meanwhile. */
function restorer(file: string, before: string, written: string): Restorer {
  const restore = () => {
    const now = readText(file);
    if (now === before) return "same";
    if (now !== written) return "changed by somebody else";
    writeText(file, before);
    return "restored";
  };
  return { file, restore };
}

async function orRestore(context: Context, restorers: readonly Restorer[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof OperatorError) || (error instanceof DeploymentError && error.changed)) throw error;
    for (const { file, restore } of restorers) {
      const outcome = restore();
      if (outcome === "restored") context.report({ event: "restored", file });
      if (outcome === "changed by somebody else") {
        context.report({
          event: "warning",
          message: `${file} was edited meanwhile and is left as it is: take the edit back by hand`,
        });
      }
    }
    throw error;
  }
}
