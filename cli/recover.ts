// Brings state and engine together after a killed `pulumi up`: node cli/recover.ts <stack> [--adopt]
// Does nothing where nothing is wrong. Never touches a volume, nor anything without the stack's labels.
import { nameIn } from "../components/stackState.ts";
import { docker, listed, madeByOthers } from "./engine.ts";
import { fileBackend } from "./fileBackend.ts";
import { compare, type EngineObject } from "./leftovers.ts";
import { refuseHeld } from "./locks.ts";
import { OperatorError, reportErrors } from "./operatorError.ts";
import { projectFolder, pulumi } from "./pulumi.ts";
import { readState } from "./state.ts";

/** A server that is stopped gets as long as the program itself gives it. */
const stopSeconds = "120";

const project = projectFolder();

await reportErrors(() => {
  const [stack, option] = process.argv.slice(2);
  if (stack === undefined) throw new OperatorError("no stack given", "node cli/recover.ts <stack>");
  breakStaleLocks(stack);
  const state = readState(project, stack);
  const others = madeByOthers(stack, state);
  if (others.length > 0 && option !== "--adopt") throw madeElsewhere(stack, others);

  const servers = compare("docker:index/container:Container", state.resources, listed("container", stack));
  const networks = compare("docker:index/network:Network", state.resources, listed("network", stack));
  if (servers.orphans.length > 0) {
    console.log(
      `recover  container ${namesOf(servers.orphans)}: left by an interrupted deployment, removing it (its data is in its volume)`,
    );
    const ids = servers.orphans.map(({ id }) => id);
    // Docker stops them side by side.
    docker("stop", "--time", stopSeconds, ...ids);
    docker("rm", ...ids);
  }
  if (networks.orphans.length > 0) {
    console.log(`recover  network ${namesOf(networks.orphans)}: left by an interrupted deployment, removing it`);
    docker("network", "rm", ...networks.orphans.map(({ id }) => id));
  }
  refresh(stack, [...servers.lost, ...networks.lost]);
});

function namesOf(objects: readonly EngineObject[]): string {
  return objects.map(({ name }) => name).join(", ");
}

function madeElsewhere(stack: string, others: readonly string[]): OperatorError {
  return new OperatorError(
    `this engine has a stack ${stack} that this state did not make: ${others.join(", ")}`,
    "use the state that made it (PGTENANTS_STATE), or another stack name; if that state is lost, and only then: " +
      `./pgt recover --stack ${stack}, which asks first`,
  );
}

/** Reads what there is of resources that are in the state but do not run. Not of all: that takes longer with the square of the tenants. */
function refresh(stack: string, lost: readonly string[]): void {
  if (lost.length === 0) return;
  const names = lost.map(nameIn).join(", ");
  console.log(`recover  ${names}: in the state but not running, reading what there is`);
  const targets = lost.flatMap((urn) => ["--target", urn]);
  inProject("refresh", "--stack", stack, "--yes", "--skip-preview", "--non-interactive", ...targets);
}

function inProject(...args: string[]): string {
  return pulumi("--cwd", project, ...args);
}

/** Other backends are left to `pulumi cancel`. */
function breakStaleLocks(stack: string): void {
  const { locks } = fileBackend(project, stack) ?? { locks: [] };
  if (locks.length === 0) return;
  refuseHeld(stack, locks);
  console.log(`recover  stack ${stack}: its lock is of a process that is gone, letting go of it`);
  inProject("cancel", "--stack", stack, "--yes");
}
