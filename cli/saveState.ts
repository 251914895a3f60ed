import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as z from "zod";
import { stackNames } from "../components/names.ts";
import { docker } from "./engine.ts";
import { OperatorError, saidBy } from "./operatorError.ts";
import { pulumi } from "./pulumi.ts";

const exported = z.object({ deployment: z.object({ resources: z.unknown() }) });

/**
 * Hands the stack's state over for the store, its secrets encrypted as they are. One with the same resources as the last is not saved twice.
 * @param project the folder of Pulumi.yaml. @throws OperatorError when the state cannot be read, or the container does not take it.
 */
export function saveState(project: string, stack: string, container: string): void {
  const state = pulumi("--cwd", project, "stack", "export", "--stack", stack);
  const { resources } = exported.parse(JSON.parse(state)).deployment;
  const digest = createHash("sha256").update(JSON.stringify(resources)).digest("hex");
  const put = ["exec", "--interactive", container, "/usr/local/lib/pgtenants/put.sh", "state", ".json", digest];
  try {
    execFileSync("docker", put, { input: state, stdio: "pipe" });
  } catch (error) {
    throw new OperatorError(
      `the state was not saved off-site: ${saidBy(error)}`,
      "pgt offsite --save-state, when that is mended",
    );
  }
}

/** What every deployment ends with, where copies are made: the deployment is done by then, so it does not fail for this. @returns a warning. */
export function saveDeployedState(project: string, stack: string): string | undefined {
  const container = stackNames(stack).offsite;
  try {
    if (docker("ps", "--quiet", "--filter", `name=^${container}$`) === "") return undefined;
    saveState(project, stack, container);
    return undefined;
  } catch (error) {
    if (error instanceof OperatorError) return `${error.message}; ${error.fix}`;
    throw error;
  }
}
