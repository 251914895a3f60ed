import type { Reporter, TestModule } from "vitest/node";
import { renderTable } from "./table.ts";

/** Prints the table of faults when the run ends; nothing where no test of the run was one. */
export default class FaultReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const results = tests.flatMap((test) => {
      const { fault } = test.meta();
      return fault === undefined ? [] : [{ row: fault, verdict: test.result().state }];
    });
    if (results.length > 0) process.stdout.write(`\n${renderTable(results)}\n`);
  }
}
