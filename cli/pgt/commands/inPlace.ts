import { setTimeout as sleep } from "node:timers/promises";
import { repositoryFolder } from "../../../components/pgbackrestConfig.ts";
import { volumeOf } from "../../../components/transitions.ts";
import { parseRestoreTarget, type RestoreTarget, targetForms } from "../../../tenants/fromFields.ts";
import { docker } from "../../engine.ts";
import { OperatorError } from "../../operatorError.ts";
import { expectTyped } from "../ask.ts";
import type { Context } from "../context.ts";
import { dockerAtOnce } from "../engine.ts";
import { DeploymentError } from "../failures.ts";
import { lockFile } from "../fileLock.ts";
import { type InPlaceLook, parseLook, swapState, waysOn } from "../inPlace.ts";
import { serverNamed } from "../tenants.ts";
import { lastWords, removeThrownAway, runThrowAway, watchInterrupts } from "../throwAway.ts";
import { readBackups, runningContainer } from "./backup.ts";
import { refuseOutOfReach } from "./clone.ts";

/** Milliseconds that a full backup, or a restore while the server is down, may take. */
const longest = 24 * 60 * 60 * 1000;

/** Milliseconds that the container may take to stop, swap and answer. */
const swapLimit = 10 * 60 * 1000;

/** What other steps in the container may take, in milliseconds. */
const stepLimit = 120_000;

const ending = "_in-place";

/**
 * Brings a moment of a tenant's past back in its own place. A second cluster is made beside the live one, in the tenant's volume, and then the
 * two change places while the container restarts: down for that only. What is there now is kept until `--accept`, or comes back with `--undo`.
 *
 * What is not archived yet is archived first, so that a target of a moment ago is reached. `latest` is another matter: nothing may be written
 * behind its back, so the server stops first, and is down for the whole restore.
 *
 * The container does the swap by itself when it starts: whenever this is killed, the old cluster or the new one runs. The server that comes up
 * has the roles, passwords and settings of the last deployment, not of the past; where it does not come up, the old one does.
 */
export async function restoreInPlace(
  context: Context,
  id: string,
  to: string,
  confirm: string | undefined,
): Promise<void> {
  const target = targetOf(to);
  const container = runningContainer(context, id);
  const found = await readBackups(container);
  const newest = found.backups.at(-1);
  if (newest === undefined) throw new OperatorError(`${id} has no backup yet`, `pgt backup ${id} --full`);
  refuseOutOfReach(id, to, found);
  await step(container, "ready", String(newest.clusterBytes));
  const down = target.type === "latest" ? "It is down until that is done." : "It is down for some seconds.";
  const question = `Bring ${id} back to ${to}, in its own place? ${down} What was written since goes out of sight; it is kept until --accept.`;
  await ask(context, id, question, confirm);

  if (target.type === "latest") {
    context.report({ event: "step", subject: id, step: "stopping, to restore all that it wrote" });
    await swap(context, id, container, to, "latest");
  } else {
    await fill(context, id, container, target);
    await swap(context, id, container, to);
  }
  await settle(context, id, container);
  context.report({ event: "note", message: `${id} is as it was at ${to}; ${waysOn(id)}` });
}

/** Takes back what the last swap replaced; what is there now is kept in its turn. */
export async function undoInPlace(context: Context, id: string, confirm: string | undefined): Promise<void> {
  const container = runningContainer(context, id);
  const { replaced } = await keptOf(id, container);
  await ask(
    context,
    id,
    `Put the cluster of ${id} back that was replaced? What was written since goes out of sight.`,
    confirm,
  );
  await swap(context, id, container, "undo", replaced);
  await settle(context, id, container);
  context.report({ event: "note", message: `${id} is as it was before it was replaced; ${waysOn(id)}` });
}

/** Deletes what the last swap replaced. */
export async function acceptInPlace(context: Context, id: string, confirm: string | undefined): Promise<void> {
  const container = runningContainer(context, id);
  await keptOf(id, container);
  const question = `Delete the cluster of ${id} that was replaced for good? The backups still reach its past.`;
  await ask(context, id, question, confirm);
  await step(container, "accept");
  context.report({ event: "note", message: `${id}: what was replaced is deleted` });
}

function targetOf(to: string): RestoreTarget {
  const target = parseRestoreTarget(to);
  if (target !== undefined) return target;
  throw new OperatorError(
    `got --to "${to}", expected ${targetForms}; nothing was changed`,
    'such as "2026-11-21 12:30:00+01"',
  );
}

async function ask({ yes }: Context, id: string, question: string, confirm: string | undefined): Promise<void> {
  if (!(yes && confirm === id)) await expectTyped(question, id, `--yes --confirm ${id}`);
}

async function keptOf(id: string, container: string): Promise<InPlaceLook> {
  const look = parseLook(await step(container, "look"));
  if (look.underWay) throw new OperatorError(`a swap of ${id} is under way`, "wait until it ends: pgt backups tells");
  if (look.replaced !== "") return look;
  throw new OperatorError(`nothing that was replaced is kept of ${id}; nothing was changed`, `pgt backups ${id}`);
}

function step(container: string, verb: string, ...args: readonly string[]): Promise<string> {
  return dockerAtOnce(stepLimit, "exec", container, "/usr/local/lib/pgtenants/in-place.sh", verb, ...args);
}

/** Makes the second cluster, while the server runs, with as much memory as that has. */
async function fill(context: Context, id: string, container: string, target: RestoreTarget): Promise<void> {
  const { stack, config, report } = context;
  const tenant = serverNamed(config, id);
  const value = "value" in target ? [target.value] : [];
  if (target.type !== "immediate") {
    report({ event: "step", subject: id, step: "archiving what was written" });
    await dockerAtOnce(stepLimit, "exec", container, "/usr/local/lib/pgtenants/archive-now.sh", target.type);
  }
  report({ event: "step", subject: id, step: "restoring beside the live cluster" });
  const name = `${container}${ending}`;
  removeThrownAway(stack, name);
  const interrupts = watchInterrupts();
  let made = false;
  try {
    const what = {
      name,
      stack,
      image: docker("inspect", "--format", "{{.Config.Image}}", container),
      tenant,
      script: "in-place.sh",
      args: ["fill", target.type, ...value],
      mounts: [
        `type=volume,source=${volumeOf(tenant, config.names)},target=/var/lib/postgresql`,
        `type=volume,source=${config.names.backups(tenant.origin)},target=${repositoryFolder},readonly`,
      ],
      input: "",
    };
    const { code, stderr } = await runThrowAway(what, interrupts);
    made = code === 0;
    if (!made) {
      const fix = `nothing was changed; pgt backups ${id} says what can be brought back`;
      throw new OperatorError(`${id} cannot be brought back there: ${lastWords(stderr)}`, fix);
    }
  } finally {
    if (!made) await step(container, "clean");
    interrupts.stop();
  }
}

/** Restarts the container, which swaps the clusters. Nobody deploys meanwhile. */
async function swap(context: Context, id: string, container: string, what: string, cluster?: string): Promise<void> {
  const { config, report } = context;
  const release = lockFile(config.tenantsFile, `pgt restore ${id}`);
  const started = performance.now();
  try {
    const before = parseLook(await step(container, "look")).last;
    await step(container, "ask", what, ...(cluster === undefined ? [] : [cluster]));
    report({ event: "step", subject: id, step: "restarting; from here on the container goes on by itself" });
    await dockerAtOnce(swapLimit, "restart", container);
    const last = await swapped(container, cluster === "latest" ? longest : swapLimit);
    if (last.at === before?.at || last.outcome === "refused") {
      const said = last.at === before?.at ? "its log says why" : last.said;
      throw new OperatorError(`${id} runs on as it was: ${said}`, `pgt logs ${id} says more`);
    }
  } finally {
    release();
  }
  report({ event: "ready", subject: id, seconds: (performance.now() - started) / 1000 });
}

async function swapped(container: string, limit: number) {
  const deadline = performance.now() + limit;
  for (;;) {
    const state = await lookAt(container);
    if (state !== "going on") return state;
    if (performance.now() > deadline) {
      const fix =
        "docker logs of the container says why; it goes on by itself, and pgt backups tells what became of it";
      throw new DeploymentError(`${container} does not answer yet`, fix, "failed", true);
    }
    await sleep(250);
  }
}

/** A container that just starts takes no commands. */
async function lookAt(container: string): Promise<ReturnType<typeof swapState>> {
  try {
    return swapState(parseLook(await step(container, "look")));
  } catch (error) {
    if (error instanceof OperatorError) return "going on";
    throw error;
  }
}

/** The repository's part: without a backup of its own, nothing that the new cluster writes could be brought back. */
async function settle({ report }: Context, id: string, container: string): Promise<void> {
  report({ event: "step", subject: id, step: "making a full backup of what runs now" });
  try {
    await dockerAtOnce(longest, "exec", container, "/usr/local/lib/pgtenants/in-place.sh", "settle");
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const message = `${id} runs, and its first full backup failed: ${error.message}`;
    throw new DeploymentError(message, `pgt backup ${id} --full; the scheduler tries as well`, "failed", true);
  }
}
