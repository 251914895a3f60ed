// Brings state and engine together after a killed `pulumi up`: node cli/recover.ts <stack> [--adopt]
// Does nothing where nothing is wrong. Never touches a volume, nor anything without the stack's labels.
import { nameIn, resourceTypes, type StackState } from "../components/stackState.ts";
import { docker, listed, madeByOthers } from "./engine.ts";
import { dropCutAttributes, fileBackend } from "./fileBackend.ts";
import { compare, type EngineObject, type Leftovers, nameResource } from "./leftovers.ts";
import { refuseHeld } from "./locks.ts";
import { OperatorError, reportErrors } from "./operatorError.ts";
import { projectFolder, pulumi, pulumiReading } from "./pulumi.ts";
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

  const { servers, networks } = settled(stack, state);
  const why = others.length > 0 ? "not in this state, which makes its own" : "left by an interrupted deployment";
  if (servers.orphans.length > 0) {
    console.log(`recover  container ${namesOf(servers.orphans)}: ${why}; removing it (its data is in its volume)`);
    const ids = servers.orphans.map(({ id }) => id);
    // Docker stops them side by side.
    docker("stop", "--time", stopSeconds, ...ids);
    docker("rm", ...ids);
  }
  if (networks.orphans.length > 0) {
    console.log(`recover  network ${namesOf(networks.orphans)}: ${why}; removing it`);
    docker("network", "rm", ...networks.orphans.map(({ id }) => id));
  }
  refresh(stack, [...servers.lost, ...networks.lost]);
  if (state.pending.length > 0) {
    // Whoever is deploying has pending operations as well, and would lose what it writes meanwhile.
    refuseDeployment(stack, state);
    if (readState(project, stack).pending.length > 0) forgetPending(stack);
  }
});

interface Found {
  readonly servers: Leftovers;
  readonly networks: Leftovers;
}

function look(stack: string, { resources }: StackState): Found {
  return {
    servers: compare(resourceTypes.container, resources, listed("container", stack)),
    networks: compare(resourceTypes.network, resources, listed("network", stack)),
  };
}

/**
 * What a deployment makes is on the engine before it is in the state: so what is to be removed must have been there before nobody was deploying, and
 * not be in the state afterwards.
 */
function settled(stack: string, state: StackState): Found {
  const before = look(stack, state);
  if (before.servers.orphans.length + before.networks.orphans.length === 0) return before;
  refuseDeployment(stack, state);
  const now = look(stack, readState(project, stack));
  const inBoth = (one: Leftovers, other: Leftovers): Leftovers => {
    const ids = new Set(one.orphans.map(({ id }) => id));
    return { ...other, orphans: other.orphans.filter(({ id }) => ids.has(id)) };
  };
  return { servers: inBoth(before.servers, now.servers), networks: inBoth(before.networks, now.networks) };
}

/** Locks of other backends than files cannot be read, but they hold: one is taken for a moment. @throws OperatorError when somebody has it. */
function refuseDeployment(stack: string, { resources }: StackState): void {
  const backend = fileBackend(project, stack);
  if (backend !== undefined) {
    refuseHeld(stack, backend.locks);
    return;
  }
  const name = nameResource(resources);
  if (name === undefined) return;
  inProject("refresh", "--stack", stack, "--yes", "--skip-preview", "--non-interactive", "--target", name.urn);
}

/**
 * Pulumi keeps what a killed deployment was making as pending for ever. By now nothing of it is in the way: containers and networks were removed
 * as orphans, and the next deployment takes over a volume of ours.
 */
function forgetPending(stack: string): void {
  const exported = JSON.parse(inProject("stack", "export", "--stack", stack));
  exported.deployment.pending_operations = [];
  pulumiReading(JSON.stringify(exported), "--cwd", project, "stack", "import", "--stack", stack);
}

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
  const backend = fileBackend(project, stack);
  if (backend === undefined || backend.locks.length === 0) return;
  refuseHeld(stack, backend.locks);
  dropCutAttributes(backend);
  console.log(`recover  stack ${stack}: its lock is of a process that is gone, letting go of it`);
  inProject("cancel", "--stack", stack, "--yes");
}
