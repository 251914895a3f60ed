import { closeSync, openSync, readSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestStack } from "../../test/e2e/support/testStack.ts";
import { execute } from "./execute.ts";
import type { Mark } from "./phases.ts";
import { peakMemory } from "./processTree.ts";

/** What one run of the CLI took. */
export interface Deployed {
  /** When the CLI was started, of `performance.now`. */
  readonly begun: number;
  readonly seconds: number;
  readonly peakMiB: number;
  /** What the engine reported, with the time of each since the start, in seconds. */
  readonly marks: readonly Mark[];
}

/** How often the engine's events are read, in milliseconds: what a mark can be late by. */
const lookEvery = 10;

/**
 * Runs a command of the CLI as `make` does, without a preview before it, and waits for its end. `seen` is told each mark as it comes.
 * @throws Error with what the CLI printed when it fails.
 */
export async function deploy(
  at: TestStack,
  what: "up" | "preview" | "destroy",
  seen: (mark: Mark) => void = () => undefined,
): Promise<Deployed> {
  const log = join(at.folder, "events.json");
  writeFileSync(log, "");
  const options = what === "preview" ? [] : ["--yes", "--skip-preview"];
  const begun = performance.now();
  const marks: Mark[] = [];
  const read = reader(log, (line) => {
    const mark = markOf(line, (performance.now() - begun) / 1000);
    if (mark === undefined) return;
    marks.push(mark);
    seen(mark);
  });
  let memory: ReturnType<typeof peakMemory> | undefined;
  const looking = setInterval(read, lookEvery);
  try {
    const args = [what, "--stack", at.name, "--non-interactive", "--suppress-outputs", "--event-log", log, ...options];
    const { code, stdout, stderr, seconds } = await execute("pulumi", args, {
      // The log of events is among what the CLI keeps for those who look into it.
      environment: { ...at.environment, PULUMI_DEBUG_COMMANDS: "true" },
      folder: join(at.folder, "project"),
      limit: 1800,
      started: (pid) => {
        memory = peakMemory(pid);
      },
    });
    read();
    if (code !== 0) throw new Error(`pulumi ${what} ended with ${code}:\n${(stdout + stderr).slice(-4000)}`);
    return { begun, seconds, peakMiB: memory?.end() ?? 0, marks };
  } finally {
    clearInterval(looking);
    memory?.end();
  }
}

/** Size of the stack's state in bytes. */
export function stateBytes(at: TestStack): number {
  return statSync(join(at.folder, "backend", ".pulumi", "stacks", "pgtenants", `${at.name}.json`)).size;
}

/** Gives each full line that a growing file has got since the last call. */
function reader(file: string, take: (line: string) => void): () => void {
  const buffer = Buffer.alloc(1 << 20);
  let offset = 0;
  let rest = "";
  return () => {
    const descriptor = openSync(file, "r");
    try {
      for (;;) {
        const count = readSync(descriptor, buffer, 0, buffer.length, offset);
        if (count === 0) return;
        offset += count;
        // Names and URNs are ASCII; a character that is cut in two is in a value, which nobody looks at.
        const lines = (rest + buffer.toString("utf8", 0, count)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) take(line);
      }
    } finally {
      closeSync(descriptor);
    }
  };
}

interface EngineEvent {
  readonly resourcePreEvent?: { readonly metadata: { readonly urn: string; readonly type: string } };
  readonly resOutputsEvent?: { readonly metadata: { readonly urn: string; readonly type: string } };
}

function markOf(line: string, at: number): Mark | undefined {
  if (line.trim() === "") return undefined;
  const { resourcePreEvent, resOutputsEvent }: EngineEvent = JSON.parse(line);
  const metadata = (resourcePreEvent ?? resOutputsEvent)?.metadata;
  if (metadata === undefined) return undefined;
  const name = metadata.urn.split("::").slice(3).join("::");
  return { at, what: resourcePreEvent === undefined ? "done" : "begun", type: metadata.type, name };
}

/** Makes the list and the stack these entries; a stack without any is taken down, since an empty list is refused. */
export async function settle(at: TestStack, entries: readonly string[]): Promise<void> {
  if (entries.length === 0) {
    await deploy(at, "destroy");
    return;
  }
  at.list(...entries);
  await deploy(at, "up");
}
