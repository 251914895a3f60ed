import { discardMoved, revertMove } from "../../../tenants/move.ts";
import { OperatorError } from "../../operatorError.ts";
import { applyLocked } from "../change.ts";
import type { Context } from "../context.ts";
import { DeploymentError } from "../failures.ts";
import { anyNamed, isOnInstance, listedHere } from "../tenants.ts";
import { discard, dropDiscarded, dropSecond, openOwn } from "./discard.ts";
import { close, endStep } from "./end.ts";
import { endOf, secondOf } from "./places.ts";
import { hasBegun } from "./switching.ts";
import { startTimer, type Window } from "./timer.ts";
import { type Client, untilWritable } from "./window.ts";

/** Opens a tenant's place, where a move has closed it, and takes a second one away that does not count. For who holds the file's lock. */
export async function giveUp(context: Context, id: string): Promise<void> {
  // One that is given up already may have the route still, as long as that is not deployed.
  if (secondOf(listedHere(context.config), id)?.standby !== "discarded") await openOwn(context, id);
  await dropSecond(context, id);
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
  const there = endOf(context, second);
  const place = isOnInstance(second) ? second.instance : "dedicated";
  const timer = startTimer();
  context.report({ event: "step", subject: id, step: "closing: read-only from here on" });
  const closed = await close(here);
  try {
    timer.end("closing");
    // One that was made anew, because the state or the file was of another moment, is open, and empty.
    const kept = (await endStep(there, "closed")).trim() === "t";
    refuseWritten(id, kept ? await endStep(here, "changed") : "unknown", place);
    timer.end("comparing");
    await closed.keep();
  } finally {
    await closed.open();
  }
  context.report({ event: "step", subject: id, step: "switching" });
  const edit = (text: string) => revertMove(text, id);
  try {
    const back = async () => {
      await applyLocked(context, { edit });
      await endStep(there, "open");
    };
    timer.end("switching", await untilWritable(context, id, client, back));
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const changed = error instanceof DeploymentError && error.changed;
    if (changed || hasBegun(context, id, "source", edit)) throw goesOn(id, error);
    await endStep(here, "open");
    throw error;
  }
  await dropDiscarded(context, id);
  return timer.window();
}

function goesOn(id: string, { message }: OperatorError): DeploymentError {
  const fix = `the file says the old place, and nobody writes in either until that is deployed: pgt move ${id} --undo goes on`;
  return new DeploymentError(message, fix, "failed", true);
}

function refuseWritten(id: string, outcome: string, place: string): void {
  if (outcome === "same") return;
  const why =
    outcome === "changed"
      ? "was written to since it was moved, and that would be lost"
      : "does not say any more what it held when it was moved, or its old place does not";
  throw new OperatorError(
    `${id} ${why}; nothing was changed`,
    `move it back with its data: pgt move ${id} --accept, which deletes the data of before, and then pgt move ${id} --to ${place}`,
  );
}

/** Deletes what is kept in the old place, for who holds the file's lock. First it is said to be given up, and so may be deleted. */
export async function acceptMove(context: Context, id: string): Promise<void> {
  // An --undo that was killed may have closed it.
  await openOwn(context, id);
  await discard(context, id, (text) => discardMoved(text, id));
}
