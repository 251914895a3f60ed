import type { SharedTenant } from "../../../tenants/sharedTenant.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { OperatorError } from "../../operatorError.ts";
import { expectTyped } from "../ask.ts";
import type { Context } from "../context.ts";
import { volumeLabels } from "../engine.ts";
import { lockFile } from "../fileLock.ts";
import { acceptMove, giveUp, moveBack } from "../move/back.ts";
import { endStep } from "../move/end.ts";
import { moveForward, targetIn } from "../move/forward.ts";
import { parseMoveLook } from "../move/look.ts";
import { endOf, named, secondOf } from "../move/places.ts";
import { type Goal, goalOf, question, refuseMove, whyNoRoom, whyNotByEntry, whyNotByLook } from "../move/plan.ts";
import type { Window } from "../move/timer.ts";
import { makeClient } from "../move/window.ts";
import { readOutputs } from "../outputs.ts";
import { anyNamed, isOnInstance, listedHere } from "../tenants.ts";
import { readText } from "../textFile.ts";

/** What `pgt move` takes: one of the three. */
export interface MoveOptions {
  readonly to?: string;
  readonly undo?: boolean;
  readonly accept?: boolean;
  /** The id again, which together with --yes stands for typing it. */
  readonly confirm?: string;
}

/** Moves a tenant with its data between an instance and a server of its own, goes back, or deletes what is kept of before: see docs/move.md. */
export async function move(context: Context, id: string, options: MoveOptions): Promise<void> {
  const { to, undo = false, accept = false, confirm } = options;
  if (!context.deploy)
    throw new OperatorError("got --no-deploy, expected a deployment: a move is several", "leave it out");
  if ([to !== undefined, undo, accept].filter(Boolean).length !== 1)
    throw new OperatorError(
      "got none, or more than one, of --to, --undo and --accept; nothing was changed",
      `pgt move ${id} --to dedicated, or --to <instance>`,
    );
  if (to !== undefined) return go(context, id, to);
  return undo ? back(context, id) : acceptIt(context, id, confirm);
}

async function go(context: Context, id: string, to: string): Promise<void> {
  const list = listedHere(context.config);
  const tenant = anyNamed(context.config, id);
  const goal = goalOf(tenant, to, list);
  const second = secondOf(list, id);
  expectSame(id, second, goal);
  refuseMove(id, whyNotByEntry(tenant, goal));
  const bytes = await look(context, tenant, goal, second !== undefined);
  if (!context.yes) await expectTyped(question(tenant, goal, bytes), id, "--yes");

  const outputs = readOutputs(context);
  const password = decodeURIComponent(new URL(outputs.connectionStrings[id]?.uri ?? "").password);
  const client = await makeClient(context, id, outputs);
  const window = await locked(context, id, () => moveForward(context, { tenant, goal, password, client }));
  told(context, id, window);
  const message = `${id} is on ${to === "dedicated" ? "a server of its own" : to}; ${named(tenant)} keeps its data of before, closed: pgt move ${id} --accept deletes it, --undo goes back`;
  context.report({ event: "note", message });
}

/** One that is under way may be gone on with. */
function expectSame(id: string, second: Tenant | SharedTenant | undefined, goal: Goal): void {
  if (second === undefined) return;
  if (second.standby === "source")
    throw new OperatorError(
      `${id} was moved from ${named(second)}, and its data of before is kept there; nothing was changed`,
      `pgt move ${id} --accept, which deletes it, or --undo, which goes back`,
    );
  const same = isOnInstance(second)
    ? goal.kind === "instance" && goal.instance.id === second.instance
    : goal.kind === "dedicated";
  if (same) return;
  throw new OperatorError(
    `a move of ${id} to ${named(second)} is under way; nothing was changed`,
    `pgt move ${id} --undo takes it back`,
  );
}

/** Looks at both ends. @returns how large the database is. @throws OperatorError with everything that speaks against the move. */
async function look(context: Context, tenant: Tenant | SharedTenant, goal: Goal, underWay: boolean): Promise<number> {
  const { config } = context;
  const { id } = tenant;
  const target = targetIn(readText(config.tenantsFile), config.tenantsFileName, { tenant, goal });
  const from = endOf(context, tenant);
  // On an instance there are others' roles and databases.
  const seen = parseMoveLook(await endStep(isOnInstance(tenant) ? { ...from, owner: "" } : from, "look"));
  const reasons = [...whyNotByLook(seen)];
  if (goal.kind === "instance") {
    const there = endOf(context, target);
    const { usedMiB } = parseMoveLook(await endStep({ ...there, database: "postgres", owner: "" }, "look"));
    const taken = underWay ? "" : await endStep(there, "taken");
    reasons.push(...whyNoRoom(seen, { usedMiB, limitMiB: goal.instance.diskMiB, name: goal.instance.id }));
    if (taken !== "")
      reasons.push(
        `${goal.instance.id} has ${taken.split("\n").join(" and ")} already: rename them here, or purge what is kept there`,
      );
  } else if (!isOnInstance(target)) {
    const volume = config.names.tenant(tenant.origin);
    const kept = !underWay && volumeLabels(volume) !== undefined;
    reasons.push(...whyNoRoom(seen, { usedMiB: 0, limitMiB: target.diskMiB, name: id }));
    if (kept)
      reasons.push(
        `the volume ${volume} holds data of an earlier tenant: save what you need of it, and docker volume rm ${volume}`,
      );
  }
  refuseMove(id, reasons);
  return seen.bytes;
}

async function back(context: Context, id: string): Promise<void> {
  anyNamed(context.config, id);
  const second = secondOf(listedHere(context.config), id);
  if (second === undefined)
    throw new OperatorError(`${id} neither moves nor was it moved; nothing was changed`, `pgt move ${id} --to …`);
  const place = named(second);
  if (second.standby === "target") {
    if (!context.yes)
      await expectTyped(`Take the move of ${id} to ${place} back? What was made there is deleted.`, id, "--yes");
    await locked(context, id, () => giveUp(context, id));
    context.report({ event: "note", message: `${id} is where it was, and can be written to` });
    return;
  }
  const asked = `Go back with ${id} to ${place}? It is read-only for some seconds, and its sessions end. Where something was written since, nothing is changed.`;
  if (!context.yes) await expectTyped(asked, id, "--yes");
  const client = await makeClient(context, id, readOutputs(context));
  told(context, id, await locked(context, id, () => moveBack(context, id, client)));
  context.report({ event: "note", message: `${id} is on ${place} again, as it was` });
}

async function acceptIt(context: Context, id: string, confirm: string | undefined): Promise<void> {
  anyNamed(context.config, id);
  const second = secondOf(listedHere(context.config), id);
  if (second?.standby !== "source")
    throw new OperatorError(`nothing is kept of a move of ${id}; nothing was changed`, `pgt move ${id} --to …`);
  const backups = isOnInstance(second) ? "" : ", and the backups of before";
  const asked = `Delete what ${named(second)} keeps of ${id} for good? Its data from before the move goes${backups}; there is no way back then.`;
  if (!(context.yes && confirm === id)) await expectTyped(asked, id, `--yes --confirm ${id}`);
  await locked(context, id, () => acceptMove(context, id));
  context.report({ event: "note", message: `${id}: what was kept of before the move is deleted` });
}

async function locked<T>({ config }: Context, id: string, work: () => Promise<T>): Promise<T> {
  const release = lockFile(config.tenantsFile, `pgt move ${id}`);
  try {
    return await work();
  } finally {
    release();
  }
}

function told(context: Context, id: string, { seconds, parts }: Window): void {
  context.report({ event: "moved", subject: id, seconds, parts });
}
