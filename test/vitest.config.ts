import { defineConfig } from "vitest/config";
import { common, kind, onRealParts } from "./kinds.ts";

export default defineConfig({
  test: {
    ...common,
    projects: [
      kind("unit", 0),
      kind("component", 1),
      kind("toolchain", 2, onRealParts),
      kind("e2e", 3, onRealParts),
      // The long ones run in make test-faults.
      kind("faults", 4, onRealParts, "faults/*.test.ts"),
    ],
  },
});
