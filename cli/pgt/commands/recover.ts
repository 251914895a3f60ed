import { copyFileSync, existsSync, renameSync } from "node:fs";
import { postgresImageTag, traefikImageTag } from "../../../components/images.ts";
import { missingImages } from "../../../components/missingImages.ts";
import { madeByOthers } from "../../engine.ts";
import type { FileBackend, StateCopy } from "../../fileBackend.ts";
import { stateName } from "../../leftovers.ts";
import { OperatorError } from "../../operatorError.ts";
import { pulumi } from "../../pulumi.ts";
import { type FoundState, findState } from "../../state.ts";
import { expectTyped } from "../ask.ts";
import type { Context } from "../context.ts";
import { deploy, tryDeployment } from "../deploy.ts";
import { lockFile } from "../fileLock.ts";
import { recoverStack } from "../recoverStack.ts";
import { listedTenants } from "../tenants.ts";

/** How many names a question lists. */
const mostListed = 6;

/**
 * Brings state and engine together: after a deployment that was killed, and after the state itself was lost. Data stays in every case.
 *
 * The file backend keeps copies of the state, from which a lost one is put back. Where there is none, a new state takes over what is on the
 * engine, after asking: the tenants' passwords are in the state alone, so each gets a new one.
 */
export async function recover(context: Context): Promise<void> {
  const { config, stack, report } = context;
  const release = lockFile(config.tenantsFile, "pgt recover");
  try {
    const found = findState(config.folder, stack);
    const state = found.state ?? { resources: [], pending: [] };
    const others = madeByOthers(stack, state);
    const isLost = found.state === undefined || (stateName(state.resources) === undefined && others.length > 0);
    if (isLost && found.backend !== undefined && found.copy !== undefined) {
      putBack(context, found.backend, found.copy);
    } else if (others.length > 0) {
      return await takeOver(context, found, others);
    } else if (isLost) {
      throw new OperatorError(`there is no state of the stack ${stack}, and nothing of it on this engine`, "make up");
    }
    await recoverStack(context);
    report({ event: "note", message: "state and engine are of one mind; pgt start goes on with what the file says" });
  } finally {
    release();
  }
}

function putBack({ stack, report }: Context, { stateFile }: FileBackend, { file, written }: StateCopy): void {
  setAside(stateFile);
  const part = `${stateFile}.part`;
  copyFileSync(file, part);
  renameSync(part, stateFile);
  const message = `the state of the stack ${stack} was lost: put back as it was at ${written.toISOString()}, passwords included`;
  report({ event: "note", message });
}

/**
 * Nothing is removed before a deployment would be accepted: until then every tenant runs on. Of a refused one the new state stays, empty, and
 * the next takes that.
 */
async function takeOver(context: Context, found: FoundState, others: readonly string[]): Promise<void> {
  const { stack, report } = context;
  listedTenants(context.config);
  if (!context.yes) await expectTyped(question(stack, found, others), stack, "--yes");
  if (found.state === undefined) makeState(context, found);
  await refuseMissingImages(context);
  await tryDeployment(context);
  await recoverStack(context, "--adopt");
  if (!context.deploy) {
    return report({ event: "note", message: "not deployed: no tenant runs until pgt start makes their containers" });
  }
  await deploy(context, "up");
  report({ event: "note", message: "data is as it was, passwords of a lost state are new: pgt url <id>" });
}

function question(stack: string, { state }: FoundState, others: readonly string[]): string {
  const some = others.slice(0, mostListed).join(", ");
  const rest = others.length > mostListed ? ` and ${others.length - mostListed} more` : "";
  return [
    `The state of the stack ${stack} ${state === undefined ? "is lost, and this is" : "did not make"} on this engine: ${some}${rest}.`,
    "To take it over: volumes stay, with all their data; containers are made anew, which ends their sessions.",
    "Tenants whose passwords this state does not have get new ones; those with password: custom keep theirs.",
    "Only where no other state with a stack of this name is in use: its tenants would be taken from it.",
  ].join("\n");
}

/** A preview only warns of them. */
async function refuseMissingImages({ config }: Context): Promise<void> {
  const images = [config.get("postgresImage") ?? postgresImageTag(), config.get("traefikImage") ?? traefikImageTag()];
  const missing = await missingImages(images, true);
  if (missing.length > 0)
    throw new OperatorError(missing.join("\n"), "nothing was changed; mend that and run it again");
}

/** The settings keep the key that they are encrypted by. */
function makeState({ config, stack }: Context, { backend }: FoundState): void {
  if (backend !== undefined) setAside(backend.stateFile);
  const provider = config.secretsProvider === undefined ? [] : ["--secrets-provider", config.secretsProvider];
  pulumi("--cwd", config.folder, "--non-interactive", "stack", "init", stack, "--no-select", ...provider);
}

/** What is no state may still be of use to somebody who can read it. */
function setAside(stateFile: string): void {
  if (existsSync(stateFile)) renameSync(stateFile, `${stateFile}.set-aside`);
}
