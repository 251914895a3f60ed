import { defineConfig } from "vitest/config";
import { common, kind, onRealParts } from "../kinds.ts";

/** All faults, and nothing else: make test-faults. */
export default defineConfig({
  test: {
    ...common,
    projects: [kind("faults", 1, onRealParts), kind("floods", 2, onRealParts, "e2e/floods.test.ts")],
  },
});
