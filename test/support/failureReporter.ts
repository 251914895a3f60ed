import type { Reporter, SerializedError, TestModule } from "vitest/node";

/**
 * Names what failed, a line each, as the last thing that a run prints: the reports of failures come before
 * the table of faults, and of a long run often only the end is kept. Prints nothing where nothing failed.
 */
export default class FailureReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const failures = [...modules.flatMap(failuresOf), ...unhandled.map((error) => line("outside of a test", error))];
    if (failures.length > 0) process.stdout.write(`\n${failures.length} failed:\n${failures.join("\n")}\n`);
  }
}

/** A file that failed to load, or in its hooks, has no failed test: its own errors, and those of its suites, count as well. */
function failuresOf(module: TestModule): string[] {
  const suites = [module, ...module.children.allSuites()];
  const around = suites.flatMap((suite) =>
    suite
      .errors()
      .map((error) => line(suite.type === "module" ? where(module) : `${where(module)} > ${suite.fullName}`, error)),
  );
  const tests = [...module.children.allTests("failed")].map((test) =>
    line(`${where(module)} > ${test.fullName}`, test.result().errors?.[0]),
  );
  return [...around, ...tests];
}

function where(module: TestModule): string {
  return `${module.project.name} ${module.relativeModuleId}`;
}

function line(place: string, error: { message: string } | undefined): string {
  const [first = ""] = (error?.message ?? "").split("\n");
  return `  ${place}: ${first.slice(0, 300)}`;
}
