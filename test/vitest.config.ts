import { defineConfig } from "vitest/config";

/** The Pulumi runtime keeps its state in the process, so each file gets one of its own. */
export default defineConfig({
  test: {
    pool: "forks",
    projects: [
      { extends: true, test: { name: "unit", root: "test", include: ["unit/**/*.test.ts"] } },
      { extends: true, test: { name: "component", root: "test", include: ["component/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "e2e",
          root: "test",
          include: ["e2e/**/*.test.ts"],
          // One stack at a time: they share two cores and one engine.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
