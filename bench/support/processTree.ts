import { readdirSync, readFileSync } from "node:fs";

/** How often the tree is looked at, in milliseconds. */
const lookEvery = 200;

/** Watches a process and all that come from it, until `end`, which gives the most resident memory they had together, in MiB. */
export function peakMemory(root: number): { end: () => number } {
  let most = 0;
  const look = () => {
    most = Math.max(most, treeOf(root).reduce((sum, pid) => sum + residentKiB(pid), 0) / 1024);
  };
  const timer = setInterval(look, lookEvery);
  return {
    end: () => {
      clearInterval(timer);
      return most;
    },
  };
}

/** A process and all that come from it. */
export function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

/** Of all its threads: the kernel lists a child with the thread that made it. A process that has ended has none. */
function childrenOf(pid: number): number[] {
  const threads = orNothing(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return threads.flatMap((thread) => {
    const children = orNothing(() => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")) ?? "";
    return children.split(" ").flatMap((child) => (child === "" ? [] : [Number(child)]));
  });
}

function residentKiB(pid: number): number {
  const status = orNothing(() => readFileSync(`/proc/${pid}/status`, "utf8")) ?? "";
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
}

/** Memory of a process by what it is, in MiB; pages that several share are counted with each for its part (PSS). */
export interface Proportional {
  readonly anonymous: number;
  readonly shared: number;
}

/** Undefined for a process that has ended. Needs root for other users' processes. */
export function proportional(pid: number): Proportional | undefined {
  const rollup = orNothing(() => readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
  if (rollup === undefined) return undefined;
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1] ?? 0) / 1024;
  return { anonymous: field("Pss_Anon"), shared: field("Pss_Shmem") };
}

/** All processes by their command line. */
export function processes(): Map<number, string> {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return new Map(
    pids.flatMap((pid) => {
      const line = orNothing(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"));
      return line === undefined ? [] : [[Number(pid), line.replaceAll("\0", " ").trim()] as const];
    }),
  );
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
