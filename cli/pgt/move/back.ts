import { discardMoved, endMove, revertMove } from "../../../tenants/move.ts";
import { isPassing } from "../../../tenants/standby.ts";
import { OperatorError } from "../../operatorError.ts";
import { applyLocked } from "../change.ts";
import { deleted } from "../commands/purgeShared.ts";
import type { Context } from "../context.ts";
import { DeploymentError } from "../failures.ts";
import { removePassword } from "../passwords.ts";
import { anyNamed, isOnInstance, listedHere } from "../tenants.ts";
import { close, endStep } from "./end.ts";
import { endOf, secondOf } from "./places.ts";
import { startTimer, type Window } from "./timer.ts";
import { type Client, untilWritable } from "./window.ts";

/** Opens a tenant's place, where a move has closed it, and takes a second one away that does not count. For who holds the file's lock. */
export async function giveUp(context: Context, id: string): Promise<void> {
  await openOwn(context, id);
  await dropSecond(context, id);
}

/** One that is stopped is opened by what starts it, where the file says nothing of a move any more. */
async function openOwn(context: Context, id: string): Promise<void> {
  const own = anyNamed(context.config, id);
  if (own.state === "running") await endStep(endOf(context, own), "open");
}

/** Takes away a second place that does not count: what the file says of it, and what is there. Leaves one alone that is kept. */
export async function dropSecond(context: Context, id: string): Promise<void> {
  const second = secondOf(listedHere(context.config), id);
  if (second === undefined || !isPassing(second.standby)) return;
  const { password } = anyNamed(context.config, id);
  await applyLocked(context, {
    edit: (text) => endMove(text, id),
    ...(password === "custom" ? {} : { configure: () => removePassword(context, id) }),
  });
  if (isOnInstance(second)) deleted(context, second.instance, second.origin);
}

/**
 * Goes back to the place that the tenant was moved from, for who holds the file's lock. @returns how long the tenant was read-only.
 * @throws OperatorError where the new place was written to since: that would be lost. Nothing is changed then.
 */
export async function moveBack(context: Context, id: string, client: Client | undefined): Promise<Window> {
  const own = anyNamed(context.config, id);
  const second = secondOf(listedHere(context.config), id);
  if (second?.standby !== "source") throw new Error(`no place that ${id} was moved from`);
  const here = endOf(context, own);
  const timer = startTimer();
  context.report({ event: "step", subject: id, step: "closing: read-only from here on" });
  const closed = await close(here);
  try {
    timer.end("closing");
    refuseWritten(id, await endStep(here, "changed"), isOnInstance(second) ? second.instance : "dedicated");
    timer.end("comparing");
    // Nobody logs in there before the deployment.
    await endStep(endOf(context, second), "open");
    await closed.keep();
  } finally {
    await closed.open();
  }
  context.report({ event: "step", subject: id, step: "switching" });
  try {
    const back = () => applyLocked(context, { edit: (text) => revertMove(text, id) });
    timer.end("switching", await untilWritable(context, id, client, back));
  } catch (error) {
    if (!(error instanceof DeploymentError && error.changed)) await endStep(here, "open");
    throw error;
  }
  await dropSecond(context, id);
  return timer.window();
}

function refuseWritten(id: string, outcome: string, place: string): void {
  if (outcome === "same") return;
  const why =
    outcome === "changed"
      ? "was written to since it was moved, and that would be lost"
      : "does not say any more what it held when it was moved";
  throw new OperatorError(
    `${id} ${why}; nothing was changed`,
    `move it back with its data: pgt move ${id} --accept, which deletes the data of before, and then pgt move ${id} --to ${place}`,
  );
}

/** Deletes what is kept in the old place, for who holds the file's lock. First it is said to be given up, and so may be deleted. */
export async function acceptMove(context: Context, id: string): Promise<void> {
  // An --undo that was killed may have closed it.
  await openOwn(context, id);
  await applyLocked(context, { edit: (text) => discardMoved(text, id) });
  await dropSecond(context, id);
}
