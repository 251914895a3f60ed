import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { runError } from "./runError.ts";

/**
 * The stack's state, as `pulumi stack export` prints it. It begins with the import, before the providers' SDKs are loaded: Node.js takes as
 * long for those as the CLI for this.
 */
export const stateExport: Promise<string> = exportState();
// A failure is told by who awaits it; until then it must not end the program.
stateExport.catch(() => undefined);

/** @throws RunError when the CLI is not on PATH or cannot read the state. */
async function exportState(): Promise<string> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  try {
    const command = ["stack", "export", "--stack", name];
    return (await promisify(execFile)("pulumi", command, { maxBuffer: 2 ** 30 })).stdout;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw runError(`the stack's state cannot be read: ${reason}; pulumi must be on PATH, see: make shell`);
  }
}
