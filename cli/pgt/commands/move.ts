import { OperatorError } from "../../operatorError.ts";
import { expectTyped } from "../ask.ts";
import type { Context } from "../context.ts";
import { volumeLabels } from "../engine.ts";
import { lockFile } from "../fileLock.ts";
import { acceptMove, giveUp, moveBack } from "../move/back.ts";
import { endStep } from "../move/end.ts";
import { moveForward, targetIn } from "../move/forward.ts";
import { parseMoveLook } from "../move/look.ts";
import { deletion, endOf, named, type Place, secondOf } from "../move/places.ts";
import {
  estimatedSeconds,
  type Goal,
  goalOf,
  question,
  refuseMove,
  whyNoRoom,
  whyNotByEntry,
  whyNotByLook,
} from "../move/plan.ts";
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
  const { tenant, goal, underWay, servers } = wanted(context, id, to);
  const bytes = await look(context, tenant, goal, underWay);
  const window = estimatedSeconds(bytes, servers);
  if (!context.yes) await expectTyped(question(tenant, goal, bytes, window), id, "--yes");

  const outputs = readOutputs(context);
  const password = decodeURIComponent(new URL(outputs.connectionStrings[id]?.uri ?? "").password);
  const client = await makeClient(context, id, outputs);
  const taken = await locked(context, id, () => {
    // Somebody may have moved it while the question was asked.
    const now = wanted(context, id, to);
    return moveForward(context, { ...now, password, client });
  });
  told(context, id, taken);
  const message = `${id} is on ${to === "dedicated" ? "a server of its own" : to}; ${named(tenant)} keeps its data of before, closed: pgt move ${id} --accept deletes it, --undo goes back`;
  context.report({ event: "note", message });
}

/** The tenant as the file says now, and where it is to go. @throws OperatorError where that cannot be. */
function wanted({ config }: Context, id: string, to: string) {
  const list = listedHere(config);
  const tenant = anyNamed(config, id);
  const goal = goalOf(tenant, to, list);
  const second = secondOf(list, id);
  expectSame(id, second, goal);
  refuseMove(id, whyNotByEntry(tenant, goal));
  return { tenant, goal, underWay: second !== undefined, servers: list.servers.length };
}

/** One that is under way may be gone on with. */
function expectSame(id: string, second: Place | undefined, goal: Goal): void {
  if (second === undefined) return;
  if (second.standby === "source")
    throw new OperatorError(
      `${id} was moved from ${named(second)}, and its data of before is kept there; nothing was changed`,
      `pgt move ${id} --accept, which deletes it, or --undo, which goes back`,
    );
  const same = isOnInstance(second)
    ? goal.kind === "instance" && goal.instance.id === second.instance
    : goal.kind === "dedicated";
  if (same && second.standby === "target") return;
  throw new OperatorError(
    second.standby === "target"
      ? `a move of ${id} to ${named(second)} is under way; nothing was changed`
      : `what ${id} had on ${named(second)} is given up, and not deleted yet; nothing was changed`,
    `pgt move ${id} --undo ${second.standby === "target" ? "takes it back" : "deletes it"}`,
  );
}

/** Looks at both ends. @returns how large the database is. @throws OperatorError with everything that speaks against the move. */
async function look(context: Context, tenant: Place, goal: Goal, underWay: boolean): Promise<number> {
  const { config } = context;
  const { id } = tenant;
  const target = targetIn(readText(config.tenantsFile), config.tenantsFileName, { tenant, goal });
  const seen = parseMoveLook(await endStep(endOf(context, tenant), "look"));
  const reasons = [...whyNotByLook(seen, !isOnInstance(tenant))];
  if (goal.kind === "instance") {
    const there = endOf(context, target);
    const { usedMiB } = parseMoveLook(await endStep({ ...there, database: "postgres" }, "look"));
    const taken = underWay ? "" : await endStep(there, "taken");
    reasons.push(...whyNoRoom(seen, { usedMiB, limitMiB: goal.instance.diskMiB, name: goal.instance.id }));
    if (taken !== "")
      reasons.push(
        `${goal.instance.id} has ${taken.split("\n").join(" and ")} already: rename that here, or delete what is kept there: pgt purge ${id}`,
      );
  } else if (!isOnInstance(target)) {
    if (target.readOnly || !target.allowDdl)
      reasons.push(
        "its plan says readOnly, or allowDdl: false, which would hold on a server of its own: take it out there",
      );
    const volume = config.names.tenant(target.origin);
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
  const second = secondHere(context, id);
  if (second === undefined) {
    // What a killed move has closed, and the file says nothing of any more.
    await locked(context, id, () => giveUp(context, id));
    throw new OperatorError(`${id} neither moves nor was it moved; it can be written to`, `pgt move ${id} --to …`);
  }
  const place = named(second);
  if (second.standby !== "source") {
    const asked =
      second.standby === "target"
        ? `Take the move of ${id} to ${place} back? What was made there is deleted.`
        : `Delete what ${id} had on ${place}, which is given up?`;
    if (!context.yes) await expectTyped(asked, id, "--yes");
    await locked(context, id, () => giveUp(context, id));
    const message = `${id} ${second.standby === "target" ? "is where it was, and" : "has one place, which"} can be written to`;
    context.report({ event: "note", message });
    return;
  }
  const asked = `Go back with ${id} to ${place}? It is read-only for some seconds, and its sessions end. Where something was written since, nothing is changed.`;
  if (!context.yes) await expectTyped(asked, id, "--yes");
  const client = await makeClient(context, id, readOutputs(context));
  const window = await locked(context, id, () => {
    expectStill(context, id, second);
    return moveBack(context, id, client);
  });
  told(context, id, window);
  context.report({ event: "note", message: `${id} is on ${place} again, as it was` });
}

async function acceptIt(context: Context, id: string, confirm: string | undefined): Promise<void> {
  const second = secondHere(context, id);
  if (second === undefined || second.standby === "target")
    throw new OperatorError(`nothing is kept of a move of ${id}; nothing was changed`, `pgt move ${id} --to …`);
  const { asked, done } = deletion(second);
  if (!(context.yes && confirm === id)) await expectTyped(asked, id, `--yes --confirm ${id}`);
  await locked(context, id, () => {
    expectStill(context, id, second);
    return second.standby === "source" ? acceptMove(context, id) : giveUp(context, id);
  });
  context.report({ event: "note", message: done });
}

/** @throws OperatorError where there is no such tenant. */
function secondHere({ config }: Context, id: string): Place | undefined {
  anyNamed(config, id);
  return secondOf(listedHere(config), id);
}

/** Somebody may have gone on while a question was asked. */
function expectStill({ config }: Context, id: string, { standby }: Place): void {
  if (secondOf(listedHere(config), id)?.standby === standby) return;
  throw new OperatorError(`somebody else has gone on with the move of ${id}; nothing was changed`, "run it again");
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
