// Brings state and engine together after a killed `pulumi up`: node cli/recover.ts <stack> [--adopt]
// Does nothing where nothing is wrong. Never touches a volume, nor anything without the stack's labels.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { docker, listed, volumesOf } from "./engine.ts";
import { compare, foreign, isStale, type Lock, type StateResource } from "./leftovers.ts";
import { OperatorError, reportErrors } from "./operatorError.ts";
import { pulumi } from "./pulumi.ts";

/** A server that is stopped gets as long as the program itself gives it. */
const stopSeconds = "120";

/** The folder of Pulumi.yaml: the checkout, or where PGTENANTS_PROJECT says. */
const project = process.env["PGTENANTS_PROJECT"] ?? fileURLToPath(new URL("..", import.meta.url));

await reportErrors(() => {
  const [stack, option] = process.argv.slice(2);
  if (stack === undefined) throw new OperatorError("no stack given", "node cli/recover.ts <stack>");
  breakStaleLocks(stack);
  const { resources, pending } = exportedState(stack);
  const containers = listed("container", stack);
  const known = [...resources, ...pending].filter(({ type }) => type === "docker:index/volume:Volume");
  const volumeNames = known.map(({ inputs }) => String(inputs?.name));
  const others = foreign(stateName(resources), containers, volumesOf(stack), volumeNames);
  if (others.length > 0 && option !== "--adopt") throw madeElsewhere(stack, others);

  const servers = compare("docker:index/container:Container", resources, containers);
  const networks = compare("docker:index/network:Network", resources, listed("network", stack));
  for (const { id, name } of servers.orphans) {
    console.log(
      `recover  container ${name}: left by an interrupted deployment, removing it (its data is in its volume)`,
    );
    docker("stop", "--time", stopSeconds, id);
    docker("rm", id);
  }
  for (const { id, name } of networks.orphans) {
    console.log(`recover  network ${name}: left by an interrupted deployment, removing it`);
    docker("network", "rm", id);
  }
  refresh(stack, [...servers.lost, ...networks.lost]);
});

function madeElsewhere(stack: string, others: readonly string[]): OperatorError {
  return new OperatorError(
    `this engine has a stack ${stack} that this state did not make: ${others.join(", ")}`,
    "use the state that made it (PGTENANTS_STATE), or another stack name; if that state is lost, and only then, " +
      `node cli/recover.ts ${stack} --adopt removes its containers, and the next up takes over its volumes, with new passwords`,
  );
}

/** Reads what there is of resources that are in the state but do not run. Not of all: that takes longer with the square of the tenants. */
function refresh(stack: string, lost: readonly string[]): void {
  if (lost.length === 0) return;
  const names = lost.map((urn) => urn.split("::").at(-1)).join(", ");
  console.log(`recover  ${names}: in the state but not running, reading what there is`);
  const targets = lost.flatMap((urn) => ["--target", urn]);
  inProject("refresh", "--stack", stack, "--yes", "--skip-preview", "--non-interactive", ...targets);
}

function inProject(...args: string[]): string {
  return pulumi("--cwd", project, ...args);
}

interface ExportedState {
  readonly resources: readonly StateResource[];
  /** What a killed deployment was about to make. */
  readonly pending: readonly StateResource[];
}

function exportedState(stack: string): ExportedState {
  const exported: { deployment?: { resources?: StateResource[]; pending_operations?: { resource: StateResource }[] } } =
    JSON.parse(inProject("stack", "export", "--stack", stack));
  const { resources = [], pending_operations = [] } = exported.deployment ?? {};
  return { resources, pending: pending_operations.map(({ resource }) => resource) };
}

/** The name that index.ts gave this state. */
function stateName(resources: readonly StateResource[]): string | undefined {
  const hex = resources.find(({ urn }) => urn.endsWith("::random:index/randomId:RandomId::state"))?.outputs?.hex;
  return typeof hex === "string" ? hex : undefined;
}

/** The file backend never lets go of a killed deployment's lock by itself. Other backends are left to `pulumi cancel`. */
function breakStaleLocks(stack: string): void {
  const backend = process.env["PULUMI_BACKEND_URL"] ?? "";
  if (!backend.startsWith("file://")) return;
  const name = String(parse(readFileSync(join(project, "Pulumi.yaml"), "utf8")).name);
  const folder = join(fileURLToPath(backend), ".pulumi", "locks", "organization", name, stack);
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
  const locks = files.map((file): Lock => JSON.parse(readFileSync(join(folder, file), "utf8")));
  if (locks.length === 0) return;
  const held = locks.find((lock) => !isStale(lock, hostname(), isAlive));
  if (held !== undefined) {
    throw new OperatorError(
      `stack ${stack} is being deployed by process ${held.pid} on ${held.hostname}`,
      "wait until it ends; if you know that it is dead: pulumi cancel",
    );
  }
  console.log(`recover  stack ${stack}: its lock is of a process that is gone, letting go of it`);
  inProject("cancel", "--stack", stack, "--yes");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
