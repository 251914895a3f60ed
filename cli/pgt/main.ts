// pgt, the operator's command: see docs/pgt.md.
import { CommanderError } from "commander";
import { OperatorError } from "../operatorError.ts";
import { painter } from "./context.ts";
import { renderEvent } from "./events.ts";
import { exitCodeOf, exitCodes, forOperator } from "./failures.ts";
import { makeProgram } from "./program.ts";

const program = makeProgram((code) => {
  process.exitCode = code;
});

try {
  await program.parseAsync();
} catch (thrown) {
  const error = forOperator(thrown);
  if (error instanceof CommanderError) {
    // It has said what is wrong; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.refused;
  } else if (error instanceof OperatorError) {
    const event = { event: "error", message: error.message, fix: error.fix } as const;
    const { json = false, color } = program.opts<{ json?: boolean; color: boolean }>();
    if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
    else process.stderr.write(`${renderEvent(event, painter(color, process.stderr))}\n`);
    process.exitCode = exitCodeOf(error);
  } else {
    // A fault of ours keeps its frames.
    console.error(error);
    process.exitCode = exitCodes.failed;
  }
}
