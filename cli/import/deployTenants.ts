import { existsSync, rmSync, writeFileSync } from "node:fs";
import { applyChange } from "../pgt/change.ts";
import type { Context } from "../pgt/context.ts";
import { DeploymentError } from "../pgt/failures.ts";
import { setPassword } from "../pgt/passwords.ts";
import { pulumi } from "../pulumi.ts";
import { type ImportPlan, withEntries } from "./planImport.ts";

/** Writes entries, settings and passwords, and deploys. A list that is not there yet is begun. @throws OperatorError as applyChange does. */
export async function deployTenants(context: Context, { tenants, settings }: ImportPlan): Promise<void> {
  const { tenantsFile, tenantsFileName } = context.config;
  const entries = tenants.map(({ entry }) => entry);
  const begun = !existsSync(tenantsFile);
  if (begun) {
    const text = withEntries(undefined, entries);
    writeFileSync(tenantsFile, text, { flag: "wx" });
    context.report({
      event: "edited",
      file: tenantsFileName,
      diff: text
        .trimEnd()
        .split("\n")
        .map((line) => `+ ${line}`),
    });
  }
  try {
    await applyChange(context, {
      command: "pgt import pgs",
      edit: (text) => withEntries(text, entries),
      configure: () => {
        for (const [name, value] of settings) set(context, name, value);
        for (const { pgs, takeFrom } of tenants) if (takeFrom !== undefined) setPassword(context, pgs.id, pgs.password);
      },
    });
  } catch (error) {
    if (begun && !(error instanceof DeploymentError && error.changed)) rmSync(tenantsFile);
    throw error;
  }
}

function set({ config, stack }: Context, name: string, value: string): void {
  pulumi("--cwd", config.folder, "--non-interactive", "config", "set", "--stack", stack, "--plaintext", name, value);
}
