import { defineConfig } from "vitest/config";

/** Tests of the Pulumi runtime and of real containers get a process each: the runtime keeps its state in the process. */
export default defineConfig({
  test: {
    pool: "forks",
    projects: [
      { extends: true, test: { name: "unit", include: ["unit/**/*.test.ts"], root: "test" } },
      { extends: true, test: { name: "component", include: ["component/**/*.test.ts"], root: "test" } },
    ],
  },
});
