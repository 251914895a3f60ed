import { parseList } from "../../../tenants/load.ts";
import { beginMove, switchMove } from "../../../tenants/move.ts";
import type { SharedTenant } from "../../../tenants/sharedTenant.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { OperatorError } from "../../operatorError.ts";
import { applyLocked } from "../change.ts";
import type { Context } from "../context.ts";
import { DeploymentError, forOperator } from "../failures.ts";
import { setPassword } from "../passwords.ts";
import { listedHere } from "../tenants.ts";
import { watchInterrupts } from "../throwAway.ts";
import { dropSecond } from "./discard.ts";
import { close, copy, type End, endStep, ownerStep } from "./end.ts";
import { parseMoveLook } from "./look.ts";
import { endOf, named, secondOf } from "./places.ts";
import { differences, type Goal, placeFor } from "./plan.ts";
import { renderSettings } from "./settings.ts";
import { hasBegun } from "./switching.ts";
import { startTimer, type Window } from "./timer.ts";
import { type Client, untilWritable } from "./window.ts";

/** A move that was looked at, and agreed to. */
export interface Move {
  readonly tenant: Tenant | SharedTenant;
  readonly goal: Goal;
  /** The password that the tenant has. Secret. */
  readonly password: string;
  readonly client: Client | undefined;
}

/** The file as it will be while the tenant moves, and after the switch. Both are read, so that nothing is begun that could not be ended. */
export function targetIn(text: string, fileName: string, { tenant, goal }: Pick<Move, "tenant" | "goal">) {
  const begun = beginMove(text, tenant.id, placeFor(tenant, goal));
  parseList(switchMove(begun, tenant.id), fileName);
  const { servers, shared } = parseList(begun, fileName).beside;
  const target = [...servers, ...shared].find(({ id }) => id === tenant.id);
  if (target === undefined) throw new Error(`no second place of ${tenant.id}`);
  return target;
}

/**
 * Moves a tenant, for who holds the file's lock. Whatever fails before the switch, the old place is open again and the new one is gone; after it
 * the file says the new place. @returns how long the tenant was read-only.
 */
export async function moveForward(context: Context, move: Move): Promise<Window> {
  const { id } = move.tenant;
  try {
    await prepare(context, move);
    return await copyAndSwitch(context, move);
  } catch (caught) {
    // From the switch on what was deployed and what the file says stay together.
    if (caught instanceof SwitchError) throw caught.reason;
    const error = forOperator(caught);
    if (!(error instanceof OperatorError)) throw error;
    context.report({ event: "step", subject: id, step: "not moved; taking back what was made" });
    throw new DeploymentError(error.message, await takenBack(context, move, error.fix), endingOf(error), false);
  }
}

/** What the operator is to do about a move that failed before the switch. The old place is opened first: for that the file need not be sound. */
async function takenBack(context: Context, { tenant }: Move, fix: string): Promise<string> {
  const { id } = tenant;
  // Somebody has edited it meanwhile, so it could not be put back. The next deployment switches: what was written in the old place would be lost.
  if (standbyIn(context, id) === "source")
    return `the file says the new place, and the old one is closed: pgt start goes on, pgt move ${id} --undo goes back; ${fix}`;
  try {
    await endStep(endOf(context, tenant), "open");
    await dropSecond(context, id);
    return `${id} is where it was, and can be written to; ${fix}`;
  } catch (caught) {
    const error = forOperator(caught);
    if (!(error instanceof OperatorError)) throw error;
    return `and it could not be taken back: ${error.message}; mend that, then pgt move ${id} --undo`;
  }
}

function standbyIn({ config }: Context, id: string): Tenant["standby"] {
  try {
    return secondOf(listedHere(config), id)?.standby;
  } catch {
    return undefined;
  }
}

function endingOf(error: OperatorError): DeploymentError["ending"] {
  return error instanceof DeploymentError ? error.ending : "refused";
}

/** A deployment that has changed something, and may have written the route. */
class SwitchError extends Error {
  readonly reason: DeploymentError;
  constructor(reason: DeploymentError) {
    super(reason.message);
    this.reason = reason;
  }
}

async function prepare(context: Context, { tenant, goal, password }: Move): Promise<void> {
  const { id } = tenant;
  // What a killed move has closed is open while the new place is made.
  await endStep(endOf(context, tenant), "open");
  await applyLocked(context, {
    edit: (text) => beginMove(text, id, placeFor(tenant, goal)),
    ...(tenant.password === "custom" ? {} : { configure: () => setPassword(context, id, password) }),
  });
}

async function copyAndSwitch(context: Context, { tenant, goal, password, client }: Move): Promise<Window> {
  const { id } = tenant;
  const { config, report } = context;
  const from = endOf(context, tenant);
  const to: End = { ...from, container: config.names.tenant(goal.kind === "dedicated" ? id : goal.instance.id) };
  const interrupts = watchInterrupts();
  try {
    await endStep(to, "empty");
    await expectSameLocale(id, from, to);
    interrupts.refuse();
    const timer = startTimer();
    report({ event: "step", subject: id, step: `closing ${named(tenant)}: read-only from here on` });
    const closed = await close(from);
    try {
      timer.end("closing");
      report({ event: "step", subject: id, step: "copying" });
      await copy(from, to, password, interrupts.signal);
      await ownerStep(to, "set", password, renderSettings(await endStep(from, "settings")));
      timer.end("copying");
      report({ event: "step", subject: id, step: "comparing" });
      await compare(id, from, to);
      timer.end("comparing");
      interrupts.refuse();
      // From here on a process that dies leaves it closed: the route may lead elsewhere already.
      await closed.keep();
    } finally {
      await closed.open();
    }
    interrupts.stop();
    report({ event: "step", subject: id, step: "switching" });
    const edit = (text: string) => switchMove(text, id);
    const at = await untilWritable(context, id, client, () => applyLocked(context, { edit })).catch(
      (caught: unknown) => {
        const error = forOperator(caught);
        if (!(error instanceof OperatorError)) throw error;
        const changed = error instanceof DeploymentError && error.changed;
        throw changed || hasBegun(context, id, "target", edit) ? new SwitchError(switchFailed(id, error)) : error;
      },
    );
    timer.end("switching", at);
    return timer.window();
  } finally {
    interrupts.stop();
  }
}

function switchFailed(id: string, error: OperatorError): DeploymentError {
  const fix = `the file says the new place, and the old one is closed, with all its data: pgt start goes on, pgt move ${id} --undo goes back`;
  const ending = error instanceof DeploymentError ? error.ending : "failed";
  return new DeploymentError(error.message, fix, ending, true);
}

/** Order and upper case would be others, and text of another encoding other bytes. */
async function expectSameLocale(id: string, from: End, to: End): Promise<void> {
  const [old, young] = (await Promise.all([endStep(from, "look"), endStep(to, "look")])).map(parseMoveLook);
  if (old?.locale === young?.locale) return;
  throw new OperatorError(
    `${id} has the encoding and collation "${old?.locale}", and its new place "${young?.locale}": text would be sorted, compared or kept otherwise`,
    `pgt dump ${id}, and look at what the new place makes of it: docs/move.md`,
  );
}

async function compare(id: string, from: End, to: End): Promise<void> {
  const [old, young] = await Promise.all([endStep(from, "count"), endStep(to, "count")]);
  const found = differences(old, young);
  if (found.length > 0) {
    const some = found.slice(0, 10).join("\n  ");
    throw new OperatorError(`the copy of ${id} does not hold what it is a copy of:\n  ${some}`, "run it again");
  }
  await endStep(to, "mark");
}
