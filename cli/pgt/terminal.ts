import { spawn } from "node:child_process";
import { OperatorError } from "../operatorError.ts";

/** Whether an operator types and reads here. A program that is given a terminal ends its lines with CR and LF, which must not be in a file or a pipe. */
export function atTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/**
 * Runs a program in this terminal and gives its exit code. Ctrl-C is the program's own: psql cancels a query by it.
 * @param output a file's descriptor for what it prints. @throws OperatorError when it cannot be started.
 */
export function runInTerminal(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  output: "inherit" | number = "inherit",
): Promise<number> {
  return new Promise((resolve, reject) => {
    const ignore = () => undefined;
    process.on("SIGINT", ignore);
    const child = spawn(command, args, { stdio: ["inherit", output, "inherit"], env });
    child.once("error", (error) => reject(new OperatorError(`${command}: ${error.message}`, `install ${command}`)));
    child.once("close", (code) => {
      process.off("SIGINT", ignore);
      resolve(code ?? 130);
    });
  });
}
