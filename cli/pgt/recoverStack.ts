import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { OperatorError } from "../operatorError.ts";
import type { Context } from "./context.ts";

const script = fileURLToPath(new URL("../recover.ts", import.meta.url));

/**
 * What make up does before every deployment: brings state and engine together after one that was killed. In a process of its own, because
 * it is a command of its own. @throws OperatorError with what it says, as when another deployment holds the stack.
 */
export async function recoverStack({ stack, report }: Context, ...options: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [script, stack, ...options], { stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    said.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said.stderr += chunk;
  });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  for (const line of said.stdout.split("\n").filter((text) => text !== "")) report({ event: "note", message: line });
  if (code === 0) return;
  const [message = "", fix = "node cli/recover.ts by itself shows more"] = said.stderr.trim().split("\n  fix: ");
  throw new OperatorError(message.replace(/^error: /, ""), fix);
}
