import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { lines } from "../../components/dockerCli.ts";
import type { DensityStep } from "../results.ts";
import { outputOf } from "./execute.ts";
import { type Proportional, processes, proportional, treeOf } from "./processTree.ts";

/** The machine before the first tenant. */
export interface Baseline {
  readonly availableMiB: number;
  /** Engine and containerd together. */
  readonly engineMiB: number;
}

/** How long tenants are left alone before they count as idle, in seconds. */
const idleSeconds = 10;

/** Reads it. */
export async function readBaseline(): Promise<Baseline> {
  return { availableMiB: availableMiB(), engineMiB: engineMiB(processes()) };
}

/** What the machine has left for programs; page cache that can be given back counts as left. */
export function availableMiB(): number {
  return Number(/^MemAvailable:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1] ?? 0) / 1024;
}

type Memory = Omit<DensityStep, "tenants" | "answering" | "restartSeconds">;

/** Memory and processes of a stack's tenants, all added up, once they have been idle for a while. */
export async function readMemory(stack: string, baseline: Baseline): Promise<Memory> {
  await sleep(idleSeconds * 1000);
  const filters = [`label=dev.pgtenants.stack=${stack}`, "label=dev.pgtenants.tenant"].flatMap((one) => [
    "--filter",
    one,
  ]);
  const ids = lines(await outputOf("docker", ["ps", "--quiet", "--no-trunc", ...filters]));
  if (ids.length === 0) throw new Error("no tenant runs");
  const commands = processes();
  const format = "{{.State.Pid}}";
  const roots = (await outputOf("docker", ["inspect", "--format", format, ...ids])).split("\n").map(Number);
  const servers = roots.flatMap(treeOf);
  const accounts = roots.map(accountOf);
  const sum = (of: (account: Account) => number) => accounts.reduce((total, account) => total + of(account), 0);
  const shims = [...commands].filter(
    ([, line]) => line.includes("containerd-shim") && ids.some((id) => line.includes(id)),
  );
  const shim = add(shims.map(([pid]) => proportional(pid)));
  return {
    anonymousMiB: sum(({ anonymousMiB }) => anonymousMiB),
    sharedMiB: sum(({ sharedMiB }) => sharedMiB),
    cgroupMiB: sum(({ chargedMiB }) => chargedMiB),
    shimMiB: shim.anonymous + shim.shared,
    engineMiB: engineMiB(commands) - baseline.engineMiB,
    availableMiB: baseline.availableMiB - availableMiB(),
    processes: servers.length,
  };
}

function add(parts: readonly (Proportional | undefined)[]): Proportional {
  const sum = { anonymous: 0, shared: 0 };
  for (const part of parts) {
    sum.anonymous += part?.anonymous ?? 0;
    sum.shared += part?.shared ?? 0;
  }
  return sum;
}

function engineMiB(commands: ReadonlyMap<number, string>): number {
  const engine = [...commands].filter(([, line]) => /^(\S*\/)?(dockerd|containerd)( |$)/.test(line));
  const { anonymous, shared } = add(engine.map(([pid]) => proportional(pid)));
  return anonymous + shared;
}

/** What the kernel has put down to a container, in MiB. */
interface Account {
  readonly anonymousMiB: number;
  /**
   * In use, whether or not a living process has it mapped: what a process that has ended wrote into shared memory is in no process's PSS, and
   * is taken all the same.
   */
  readonly sharedMiB: number;
  /** With page cache and what the kernel keeps for it. */
  readonly chargedMiB: number;
}

/** The account of a process's container. The kernel says where it is kept. */
function accountOf(pid: number): Account {
  const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
  const v1 = groups.map((line) => /^\d+:memory:(.*)$/.exec(line)?.[1]).find((path) => path !== undefined);
  const v2 = groups.map((line) => /^0::(.*)$/.exec(line)?.[1]).find((path) => path !== undefined);
  const [folder, charged, anonymous, shared] =
    v1 === undefined
      ? [`/sys/fs/cgroup${v2}`, "memory.current", "anon", "shmem"]
      : [`/sys/fs/cgroup/memory${v1}`, "memory.usage_in_bytes", "total_rss", "total_shmem"];
  const statistics = readFileSync(`${folder}/memory.stat`, "utf8");
  return {
    anonymousMiB: mebibytes(field(statistics, anonymous)),
    sharedMiB: mebibytes(field(statistics, shared)),
    chargedMiB: mebibytes(readFileSync(`${folder}/${charged}`, "utf8")),
  };
}

function field(statistics: string, name: string): string {
  const value = new RegExp(`^${name} (\\d+)$`, "m").exec(statistics)?.[1];
  if (value === undefined) throw new Error(`the kernel's memory.stat has no "${name}"`);
  return value;
}

function mebibytes(bytes: string): number {
  return Number(bytes) / 2 ** 20;
}
