import { defineConfig } from "vitest/config";
import { common, kind, onRealParts } from "../kinds.ts";

/** What backups are worth, measured: make test-backup. */
export default defineConfig({
  test: {
    ...common,
    reporters: ["default", "./test/backup/support/reporter.ts", "./test/support/failureReporter.ts"],
    projects: [kind("backup", 1, { ...onRealParts, testTimeout: 1_800_000, hookTimeout: 1_800_000 })],
  },
});
