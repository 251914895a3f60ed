// Brings state and engine together after a killed `pulumi up`: node cli/recover.ts <stack> [--adopt]
// Does nothing where nothing is wrong. Never touches a volume, nor anything without the stack's labels.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { compare, type EngineObject, isForeign, isStale, type Lock, type StateResource } from "./leftovers.ts";

/** A server that is stopped gets as long as the program itself gives it. */
const stopSeconds = "120";

const stack = process.argv[2];
if (stack === undefined) {
  console.error("error: no stack given\n  fix: node cli/recover.ts <stack>");
  process.exit(2);
}
breakStaleLocks(stack);
const state = exportedState();
const onEngine = { containers: listed("container", stack), networks: listed("network", stack) };
if (isForeign(state, onEngine.containers) && process.argv[3] !== "--adopt") {
  console.error(
    `error: stack ${stack} runs on this engine already, and this state knows nothing of it\n` +
      "  fix: use the state that made it (PGTENANTS_STATE), or another stack name; if that state is lost, and only then,\n" +
      `       node cli/recover.ts ${stack} --adopt removes its containers, and the next up adopts the volumes with new passwords`,
  );
  process.exit(1);
}
const containers = compare("docker:index/container:Container", state, onEngine.containers);
const networks = compare("docker:index/network:Network", state, onEngine.networks);
for (const { id, name } of containers.orphans) {
  console.log(`recover  container ${name}: left by an interrupted deployment, removing it (its data is in its volume)`);
  docker("stop", "--time", stopSeconds, id);
  docker("rm", id);
}
for (const { id, name } of networks.orphans) {
  console.log(`recover  network ${name}: left by an interrupted deployment, removing it`);
  docker("network", "rm", id);
}
const lost = [...containers.lost, ...networks.lost];
if (lost.length > 0) {
  console.log(
    `recover  ${lost.map((urn) => urn.split("::").at(-1)).join(", ")}: in the state but not running, reading what there is`,
  );
  pulumi("refresh", "--yes", "--skip-preview", "--non-interactive", ...lost.flatMap((urn) => ["--target", urn]));
}

function docker(...args: string[]): string {
  return execFileSync("docker", args, { encoding: "utf8" }).trim();
}

function pulumi(...args: string[]): string {
  const options = { encoding: "utf8", cwd: projectFolder(), maxBuffer: 2 ** 30 } as const;
  return execFileSync("pulumi", [...args, "--stack", stack ?? ""], options);
}

/** The folder of Pulumi.yaml: the checkout, or where PGTENANTS_PROJECT says. */
function projectFolder(): string {
  return process.env["PGTENANTS_PROJECT"] ?? fileURLToPath(new URL("..", import.meta.url));
}

function projectName(): string {
  return String(parse(readFileSync(join(projectFolder(), "Pulumi.yaml"), "utf8")).name);
}

function exportedState(): StateResource[] {
  const exported: { deployment?: { resources?: StateResource[] } } = JSON.parse(pulumi("stack", "export"));
  return exported.deployment?.resources ?? [];
}

function listed(kind: "container" | "network", name: string): EngineObject[] {
  const filter = ["--filter", "label=dev.pgtenants.project=pgtenants", "--filter", `label=dev.pgtenants.stack=${name}`];
  const all = kind === "container" ? ["--all"] : [];
  const lines = docker(kind, "ls", "--no-trunc", ...all, ...filter, "--format", "{{json .}}").split("\n");
  return lines
    .filter((line) => line !== "")
    .map((line): { ID: string; Name?: string; Names?: string; State?: string } => JSON.parse(line))
    .map((found) => ({
      id: found.ID,
      name: found.Names ?? found.Name ?? found.ID,
      running: (found.State ?? "running") === "running",
    }));
}

/** The file backend never lets go of a killed deployment's lock by itself. Other backends are left to `pulumi cancel`. */
function breakStaleLocks(name: string): void {
  const backend = process.env["PULUMI_BACKEND_URL"] ?? "";
  if (!backend.startsWith("file://")) return;
  const folder = join(fileURLToPath(backend), ".pulumi", "locks", "organization", projectName(), name);
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
  const locks = files.map((file): Lock => JSON.parse(readFileSync(join(folder, file), "utf8")));
  if (locks.length === 0) return;
  const held = locks.find((lock) => !isStale(lock, hostname(), isAlive));
  if (held !== undefined) {
    console.error(
      `error: stack ${name} is being deployed by process ${held.pid} on ${held.hostname}\n` +
        "  fix: wait until it ends; if you know that it is dead: pulumi cancel",
    );
    process.exit(1);
  }
  console.log(`recover  stack ${name}: its lock is of a process that is gone, letting go of it`);
  pulumi("cancel", "--yes");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
