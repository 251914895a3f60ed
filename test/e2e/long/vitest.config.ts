import { defineConfig } from "vitest/config";
import { common, kind, onRealParts } from "../../kinds.ts";

/** What would make `make test` longer than anybody waits for it: make test-long. */
export default defineConfig({
  test: { ...common, projects: [kind("long", 1, onRealParts, "e2e/long/*.test.ts")] },
});
