import type { ConcurrentUpdateError as Concurrent, EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import { messageOf, OperatorError } from "../operatorError.ts";
import { policyPacks } from "../policyPacks.ts";
import { protectRotated } from "../protectRotated.ts";
import { saveDeployedState } from "../saveState.ts";
import type { Context } from "./context.ts";
import { DeploymentError } from "./failures.ts";
import { followProgress, type Progress } from "./progress.ts";

/**
 * Runs the program through Pulumi's Automation API and tells, tenant by tenant, what it does. `down` removes containers, router and network,
 * and nothing that is protected.
 *
 * The first Ctrl-C lets the step under way end, the second kills.
 * @param settingsFile in place of the stack's own. @throws DeploymentError that says whether anything was changed before.
 */
export async function deploy(context: Context, what: "up" | "down", settingsFile?: string): Promise<void> {
  const progress = followProgress();
  const onEvent = (event: EngineEvent) => {
    for (const told of progress.next(event, performance.now() / 1000)) context.report(told);
  };
  await onStack(context, progress, (stack, signal) =>
    what === "up"
      ? stack.up({
          ...policyPacks(context.config.folder),
          ...(settingsFile === undefined ? {} : { configFile: settingsFile }),
          signal,
          onEvent,
        })
      : stack.destroy({ signal, onEvent, excludeProtected: true }),
  );
  if (progress.rotated()) protectAgain(context);
  const warning = saveDeployedState(context.config.folder, context.stack);
  if (warning !== undefined) context.report({ event: "warning", message: warning });
}

/**
 * Runs a deployment's preview, and tells nothing but why the deployment would be refused. What it would make is no news here, and its
 * warnings come again with the deployment.
 * @throws DeploymentError with every reason.
 */
export async function tryDeployment(context: Context): Promise<void> {
  const progress = followProgress();
  const onEvent = (event: EngineEvent) => {
    if (event.diagnosticEvent !== undefined || event.policyEvent !== undefined) progress.next(event, 0);
  };
  const packs = policyPacks(context.config.folder);
  await onStack(context, progress, (stack, signal) => stack.preview({ ...packs, signal, onEvent }));
}

/** The deployment is done by then, so it does not fail for this. */
function protectAgain({ config, stack, report }: Context): void {
  try {
    protectRotated(config.folder, stack);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const message = `until the next deployment the new password is not protected from pulumi destroy: ${error.message}`;
    report({ event: "warning", message });
  }
}

async function onStack(
  context: Context,
  progress: Progress,
  operate: (stack: Stack, signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  // Half a second to load, which no other command shall wait for.
  const { ConcurrentUpdateError, LocalWorkspace, Stack } = await import("@pulumi/pulumi/automation/index.js");
  const interrupts = watchInterrupts(context);
  try {
    const workspace = await LocalWorkspace.create({ workDir: context.config.folder });
    // To select a stack changes what `pulumi up` works on in every shell of this user.
    const selected = (await workspace.stack())?.name;
    const stack = await Stack.select(context.stack, workspace);
    try {
      await operate(stack, interrupts.signal);
    } finally {
      if (selected !== undefined && selected !== context.stack) await workspace.selectStack(selected);
    }
  } catch (error) {
    if (error instanceof ConcurrentUpdateError) throw lockedBy(error);
    throw failure(error, progress, interrupts.count() > 0);
  } finally {
    interrupts.stop();
  }
}

function failure(error: unknown, progress: Progress, interrupted: boolean): DeploymentError {
  const changed = progress.changed();
  const errors = progress.errors();
  const message = errors.length > 0 ? errors.join("\n") : saidBy(error);
  if (interrupted) {
    const fix = changed ? "pgt start goes on with it; pgt status shows what runs" : "nothing was changed; run it again";
    return new DeploymentError("interrupted", fix, "interrupted", changed);
  }
  if (!changed)
    return new DeploymentError(message, "nothing was changed; mend that and run it again", "refused", false);
  const fix = "what was done before stays, and so does the edit; mend that, and pgt start goes on with it";
  return new DeploymentError(message, fix, "failed", true);
}

function lockedBy(error: Concurrent): DeploymentError {
  const fix = "nothing was changed; wait until it ends; if you know that it is dead: pgt recover";
  return new DeploymentError(`the stack is being deployed by ${holderIn(error.message)}`, fix, "refused", false);
}

/** Who holds a stack's lock, out of what the CLI says of it. */
export function holderIn(message: string): string {
  const holder = /created by (.*?) at (\S+)/.exec(message);
  return holder === null ? "somebody else" : `${holder[1]}, since ${holder[2]}`;
}

/** The CLI's last words where no event carried an error, as when it does not know the stack. */
function saidBy(error: unknown): string {
  const text = messageOf(error);
  const from = text.lastIndexOf("error: ");
  const said = from === -1 ? text : text.slice(from + "error: ".length);
  return said.replace(/\n\s*err\?:.*/s, "").trim();
}

/** The CLI is in our process group, so a terminal's Ctrl-C reaches it as well; a signal from elsewhere is passed on. */
function watchInterrupts({ report }: Context) {
  const abort = new AbortController();
  let count = 0;
  const fromTerminal = process.stdin.isTTY === true;
  const onSignal = (name: NodeJS.Signals) => {
    count += 1;
    if (count > 1) process.exit(130);
    report({ event: "note", message: "stopping after the steps under way; once more kills them" });
    if (name !== "SIGINT" || !fromTerminal) abort.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return {
    signal: abort.signal,
    count: () => count,
    stop: () => process.off("SIGINT", onSignal).off("SIGTERM", onSignal),
  };
}
