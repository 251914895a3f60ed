import { defineConfig } from "vitest/config";

/** A kind of tests, cheapest first: a later kind starts when the earlier ones have ended. */
function kind(name: string, groupOrder: number, slow = {}) {
  const test = { name, root: "test", include: [`${name}/**/*.test.ts`], sequence: { groupOrder }, ...slow };
  return { extends: true as const, test };
}

/** Real tools and containers: one file at a time, because they share two cores and one engine. */
const onRealParts = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 300_000 };

export default defineConfig({
  test: {
    // The Pulumi runtime keeps its state in the process, so each file gets one of its own.
    pool: "forks",
    projects: [kind("unit", 0), kind("component", 1), kind("toolchain", 2, onRealParts), kind("e2e", 3, onRealParts)],
  },
});
