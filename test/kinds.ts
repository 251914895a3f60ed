/**
 * A kind of tests, cheapest first: a later kind starts when the earlier ones have ended. `files` are below test/.
 * @param groupOrder from 1 on: with 0, vitest runs a kind of one worker last, as all are where there are two cores.
 */
export function kind(name: string, groupOrder: number, slow = {}, files = `${name}/**/*.test.ts`) {
  const test = { name, root: import.meta.dirname, include: [files], sequence: { groupOrder }, ...slow };
  return { extends: true as const, test };
}

/** Real tools and containers: one file at a time, because they share two cores and one engine. */
export const onRealParts = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 300_000 };

/** What all runs have in common. */
export const common = {
  // The Pulumi runtime keeps its state in the process, so each file gets one of its own.
  pool: "forks" as const,
  reporters: ["default", "./test/faults/support/reporter.ts", "./test/support/failureReporter.ts"],
};
