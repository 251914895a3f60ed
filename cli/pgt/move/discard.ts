import { discardTarget, endMove } from "../../../tenants/move.ts";
import { applyLocked } from "../change.ts";
import { deleted } from "../commands/purgeShared.ts";
import type { Context } from "../context.ts";
import { removePassword } from "../passwords.ts";
import { anyNamed, isOnInstance, listedHere } from "../tenants.ts";
import { endStep } from "./end.ts";
import { endOf, secondOf } from "./places.ts";

/**
 * Takes a second place away that does not count, for who holds the file's lock; leaves one alone that is kept. May be run again, wherever it was
 * killed: first it is deployed as given up, which closes it, then its data is deleted, and in the end the file says nothing of it.
 */
export async function dropSecond(context: Context, id: string): Promise<void> {
  const second = secondOf(listedHere(context.config), id);
  if (second === undefined || second.standby === "source") return;
  await discard(context, id, (text) => (second.standby === "target" ? discardTarget(text, id) : text));
}

/** The same for a place that an edit gives up. */
export async function discard(context: Context, id: string, edit: (text: string) => string): Promise<void> {
  await applyLocked(context, { edit });
  await openOwn(context, id);
  await dropDiscarded(context, id);
}

/** The end of it, for one whose giving up is deployed. */
export async function dropDiscarded(context: Context, id: string): Promise<void> {
  const second = secondOf(listedHere(context.config), id);
  if (second?.standby !== "discarded") return;
  if (isOnInstance(second)) deleted(context, second.instance, second.origin);
  const { password } = anyNamed(context.config, id);
  await applyLocked(context, {
    edit: (text) => endMove(text, id),
    ...(password === "custom" ? {} : { configure: () => removePassword(context, id) }),
  });
}

/** Opens the place that a tenant is in, where a move has closed it. On a server of its own that is stopped its start does so, in the end. */
export async function openOwn(context: Context, id: string): Promise<void> {
  const own = anyNamed(context.config, id);
  if (own.state === "running") await endStep(endOf(context, own), "open");
}
