import { lines } from "../../components/dockerCli.ts";
import { restartOwnEngine } from "../../test/e2e/support/restartEngine.ts";
import type { TestStack } from "../../test/e2e/support/testStack.ts";
import type { Bench } from "../bench.ts";
import type { Density, DensityStep } from "../results.ts";
import { ask } from "../support/answer.ts";
import { routedDoor, type Tenant, tenantsOf } from "../support/benchStack.ts";
import { outputOf } from "../support/execute.ts";
import { availableMiB, readMemory } from "../support/memory.ts";
import type { Tower } from "./climb.ts";
import { grow } from "./deployments.ts";

/** Tenants that are added at once on the way to the limit. */
const step = 100;

/** Below this much available memory the machine is full, in MiB: past it the kernel ends programs of anybody's. */
const leastAvailableMiB = 1024;

/** Questions that are asked at the same time. */
const atOnce = 20;

/** Seconds that all tenants may take to answer after the engine's restart. */
const restartLimitSeconds = 900;

/** Memory, processes and answers of a stack's idle tenants, and how long they take to come back after a restart of the engine. */
export async function density(bench: Bench, { at, baseline }: Tower, size: number): Promise<DensityStep> {
  const memory = await readMemory(at.name, baseline);
  const tenants = [...(await tenantsOf(at)).values()];
  const entry: DensityStep = { tenants: size, ...memory, answering: await answering(at, tenants) };
  stepsOf(bench).push(entry);
  bench.save();
  const own = (memory.anonymousMiB + memory.sharedMiB) / size;
  bench.say(`${size} tenants: ${own.toFixed(1)} MiB each, ${entry.answering} answer`);
  if (bench.scope.density.restartEngine) {
    await restart(bench, at, tenants, entry);
    bench.save();
  }
  return entry;
}

/** Adds tenants until something does not work any more, and says what it was. */
export async function climbToLimit(bench: Bench, tower: Tower, from: number): Promise<void> {
  const { most } = bench.scope.density;
  let reached = from;
  const ended = (reason: string, limit = true) => {
    resultsOf(bench).limit = { tenants: reached, reason, reached: limit };
    bench.save();
    bench.say(`the climb ended at ${reached} tenants: ${reason}`);
  };
  let took = 0;
  while (reached < most) {
    if (bench.secondsLeft() < 1.5 * took)
      return ended("the run's time was over; nothing of the machine was used up", false);
    const begun = performance.now();
    try {
      await grow(bench, tower, reached, reached + step, false);
    } catch (error) {
      return ended(`a deployment failed: ${firstLine(error)}`);
    }
    reached += step;
    const { answering } = await density({ ...bench, scope: withoutRestart(bench) }, tower, reached);
    took = (performance.now() - begun) / 1000;
    if (answering < reached) return ended(`${reached - answering} tenants do not answer`);
    const left = availableMiB();
    if (left < leastAvailableMiB) return ended(`memory: ${left.toFixed(0)} MiB are left`);
  }
  ended("no limit was met; this run was to make no more", false);
}

function withoutRestart({ scope }: Bench): Bench["scope"] {
  return { ...scope, density: { ...scope.density, restartEngine: false } };
}

async function restart(bench: Bench, at: TestStack, tenants: readonly Tenant[], entry: DensityStep): Promise<void> {
  const others = await foreignContainers(at.name);
  if (others > 0) {
    bench.miss(
      "density",
      `engine restart at ${tenants.length} tenants: ${others} containers that are not the bench's run on it`,
    );
    return;
  }
  const begun = performance.now();
  if (!(await restartOwnEngine())) {
    bench.miss("density", `engine restart at ${tenants.length} tenants: set-up did not start this engine`);
    return;
  }
  while ((await answering(at, tenants)) < tenants.length) {
    if (performance.now() - begun > restartLimitSeconds * 1000)
      throw new Error("not all tenants answer after the engine's restart");
  }
  entry.restartSeconds = (performance.now() - begun) / 1000;
  bench.say(`${tenants.length} tenants answer ${entry.restartSeconds.toFixed(1)} s after the engine's restart began`);
}

async function foreignContainers(stack: string): Promise<number> {
  const count = async (...filter: string[]) => lines(await outputOf("docker", ["ps", "--quiet", ...filter])).length;
  return (await count()) - (await count("--filter", `label=dev.pgtenants.stack=${stack}`));
}

/** How many tenants answer through the router, over TLS. */
async function answering(at: TestStack, tenants: readonly Tenant[]): Promise<number> {
  let count = 0;
  for (let start = 0; start < tenants.length; start += atOnce) {
    const asked = tenants.slice(start, start + atOnce).map((tenant) =>
      ask(routedDoor(at, tenant)).then(
        () => 1,
        () => 0,
      ),
    );
    for (const answer of await Promise.all(asked)) count += answer;
  }
  return count;
}

function resultsOf({ results }: Bench): Density {
  results.density ??= { steps: [] };
  return results.density;
}

function stepsOf(bench: Bench): DensityStep[] {
  return resultsOf(bench).steps;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n").find((line) => line.includes("error")) ?? text.split("\n")[0] ?? text;
}
