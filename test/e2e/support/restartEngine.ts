import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { outputOf, run } from "./shell.ts";

/**
 * Restarts the engine, and with it everything on it, where set-up started it. Elsewhere it is not ours to restart: the given containers
 * are then stopped and started in another order, which is what an engine's restart does to their addresses.
 */
export async function restartEngine(containers: readonly string[]): Promise<void> {
  if (!(await restartOwnEngine())) {
    await outputOf("docker", ["stop", "--time", "60", ...containers]);
    for (const container of [...containers].reverse()) await outputOf("docker", ["start", container]);
  }
  await until(async () => (await accepting(containers)) === containers.length - 1, 60);
}

/** Restarts the engine where set-up started it, and waits until it answers. Elsewhere it does nothing and gives false. */
export async function restartOwnEngine(): Promise<boolean> {
  const own = ownEngine();
  if (own === undefined) return false;
  process.kill(own.pid, "SIGTERM");
  await until(async () => !isRunning(own.pid), 300);
  const log = openSync(own.log, "a");
  // As set-up starts it: without the setting that is meant for Pulumi.
  const { GOGC: _, ...env } = process.env;
  spawn(own.command[0] ?? "dockerd", own.command.slice(1), {
    detached: true,
    stdio: ["ignore", log, log],
    env,
  }).unref();
  // With hundreds of containers to start it listens late.
  await until(async () => (await run("docker", ["info"])).code === 0, 600);
  return true;
}

interface OwnEngine {
  readonly pid: number;
  readonly command: readonly string[];
  readonly log: string;
}

/** The engine that toolchain/setup/engine.sh started, if that is what runs. */
function ownEngine(): OwnEngine | undefined {
  const state = process.env["PGTENANTS_STATE"] ?? join(homedir(), ".local", "state", "pgtenants");
  try {
    const pid = Number(readFileSync(join(state, "dockerd.pid"), "utf8"));
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    return command[0]?.endsWith("dockerd") === true
      ? { pid, command, log: join(state, "logs", "dockerd.log") }
      : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** How many of the containers are servers that take connections; the router is not one. */
async function accepting(containers: readonly string[]): Promise<number> {
  const answers = await Promise.all(
    containers.map((container) => run("docker", ["exec", container, "pg_isready", "--quiet"])),
  );
  return answers.filter(({ code }) => code === 0).length;
}

async function until(reached: () => Promise<boolean>, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await reached())) {
    if (Date.now() > deadline) throw new Error(`not reached within ${seconds} s`);
    await sleep(200);
  }
}
