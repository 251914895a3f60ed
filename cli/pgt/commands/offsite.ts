import { OperatorError } from "../../operatorError.ts";
import { saveState } from "../../saveState.ts";
import type { Context } from "../context.ts";
import { containersOf } from "../engine.ts";
import { HealthError } from "../failures.ts";
import { readCopies, renderCopies } from "../offsite.ts";
import { offsitePlace } from "../offsitePlace.ts";

/**
 * How far the copies of the backups are, in the store that the setting `offsite` names. @returns 0 when all are there, 1 when some are more
 * than three minutes late. @throws HealthError when what copies does not run or does not answer; OperatorError without the setting.
 */
export async function offsite(context: Context, { saveState: save = false }: { saveState?: boolean }): Promise<number> {
  const container = runningCopier(context);
  if (save) {
    saveState(context.config.folder, context.stack, container);
    context.report({ event: "note", message: "the state goes to the store with the next round" });
    return 0;
  }
  const copies = await orDown(() => readCopies(container));
  context.answer(renderCopies(copies), copies);
  return copies.level === "healthy" ? 0 : 1;
}

function runningCopier({ config, stack }: Context): string {
  offsitePlace(config);
  const container = config.names.offsite;
  if (containersOf(stack).get(container)?.state === "running") return container;
  throw new HealthError(`the container ${container} does not run: nothing is copied`, "pgt start");
}

async function orDown<T>(look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    throw error instanceof OperatorError ? new HealthError(error.message, error.fix) : error;
  }
}
