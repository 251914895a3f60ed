import { defineConfig } from "vitest/config";
import { common, kind, onRealParts } from "./kinds.ts";

export default defineConfig({
  test: {
    ...common,
    projects: [
      kind("unit", 1),
      kind("component", 2),
      kind("toolchain", 3, onRealParts),
      kind("e2e", 4, onRealParts),
      // The long ones run in make test-faults.
      kind("faults", 5, onRealParts, "faults/*.test.ts"),
    ],
  },
});
