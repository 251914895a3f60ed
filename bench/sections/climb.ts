import type { TestStack } from "../../test/e2e/support/testStack.ts";
import type { Bench } from "../bench.ts";
import type { SectionName } from "../results.ts";
import { discard, makeBenchStack } from "../support/benchStack.ts";
import { settle } from "../support/deploy.ts";
import { type Baseline, readBaseline } from "../support/memory.ts";
import { climbToLimit, density } from "./density.ts";
import { bulk, deployments, grow } from "./deployments.ts";
import { goLive } from "./goLive.ts";

/** The stack that grows, and what its sections share. */
export interface Tower {
  readonly at: TestStack;
  /** The machine before the first tenant. */
  readonly baseline: Baseline;
}

/** Entries of tenants.yaml for so many idle tenants. */
export function idle(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `id: t-${String(index + 1).padStart(4, "0")}`);
}

/** One stack that grows from nothing; at each size, what the sections measure there. */
export async function climb(bench: Bench, sections: ReadonlySet<SectionName>): Promise<void> {
  const { scope, say } = bench;
  const at = await makeBenchStack();
  try {
    const wanted = (name: "goLive" | "deployments" | "density") => (sections.has(name) ? scope[name].existing : []);
    const sizes = new Set([...wanted("goLive"), ...wanted("deployments"), ...wanted("density")]);
    const tower: Tower = { at, baseline: await readBaseline() };
    let reached = 0;
    for (const size of [...sizes].sort((a, b) => a - b)) {
      if (bench.secondsLeft() < 0) {
        for (const name of sections) if (isClimbing(name)) bench.miss(name, `${size} tenants: no time was left`);
        return;
      }
      if (reached > 0 && reached < bulk && size >= bulk && sections.has("deployments")) {
        // A hundred from nothing is one of the figures.
        await settle(at, []);
        reached = 0;
      }
      await grow(bench, tower, reached, size, sections.has("deployments"));
      reached = size;
      say(`${size} tenants:`);
      if (wanted("density").includes(size)) await density(bench, tower, size);
      if (wanted("goLive").includes(size)) await goLive(bench, tower, size);
      if (wanted("deployments").includes(size)) await deployments(bench, tower, size);
    }
    if (sections.has("density")) await climbToLimit(bench, tower, reached);
  } finally {
    await discard(at);
  }
}

function isClimbing(name: SectionName): name is "goLive" | "deployments" | "density" {
  return name === "goLive" || name === "deployments" || name === "density";
}
