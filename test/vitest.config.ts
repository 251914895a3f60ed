import { defineConfig } from "vitest/config";
import { common, kind, onRealParts } from "./kinds.ts";

export default defineConfig({
  test: {
    ...common,
    projects: [
      kind("unit", 1),
      kind("component", 2),
      kind("toolchain", 3, onRealParts),
      // The long ones run in make test-long and make test-faults.
      kind("e2e", 4, onRealParts, "e2e/*.test.ts"),
      kind("faults", 5, onRealParts, "faults/*.test.ts"),
    ],
  },
});
