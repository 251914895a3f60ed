import { readFileSync, writeFileSync } from "node:fs";
import * as z from "zod";
import { backupLabels, labelArguments, ownerLabels, poolerLabels } from "../../../components/names.ts";
import { isPassing } from "../../../tenants/standby.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { docker } from "../../engine.ts";
import { stateName } from "../../leftovers.ts";
import { OperatorError } from "../../operatorError.ts";
import { pulumi, pulumiReading } from "../../pulumi.ts";
import { findState } from "../../state.ts";
import type { Context } from "../context.ts";

const exported = z.object({
  deployment: z.object({
    secrets_providers: z.object({ state: z.object({ salt: z.string().optional() }).optional() }).optional(),
  }),
});

/** Whether the backend still has the stack's state, as one that is not on the lost machine has. @throws OperatorError when it cannot be read. */
export function hasState({ config, stack }: Context): boolean {
  const { state } = findState(config.folder, stack);
  return state !== undefined && stateName(state.resources) !== undefined;
}

/** Makes a state the stack's own, and its passphrase's salt that of the settings, whose secrets were encrypted with it. */
export function bringBackState({ config, stack }: Context, state: string): void {
  const at = ["--cwd", config.folder, "--non-interactive"];
  const provider = config.secretsProvider === undefined ? [] : ["--secrets-provider", config.secretsProvider];
  try {
    pulumi(...at, "stack", "init", stack, "--no-select", ...provider);
  } catch (error) {
    if (!(error instanceof OperatorError) || !error.message.includes("already exists")) throw error;
  }
  pulumiReading(state, ...at, "stack", "import", "--stack", stack);
  const salt = exported.parse(JSON.parse(state)).deployment.secrets_providers?.state?.salt;
  if (salt !== undefined) writeSalt(config.file, salt);
}

/** Makes those volumes of the stack that hold nothing that is missed, because its state says that they are there. */
export function makeOtherVolumes({ config, stack }: Context, tenants: readonly Tenant[]): void {
  const { names } = config;
  const make = (name: string, labels: ReturnType<typeof ownerLabels>) =>
    docker("volume", "create", ...labelArguments(labels), name);
  for (const name of [names.routerFiles, names.offsite]) make(name, ownerLabels(stack));
  for (const { origin, pooler, instance, standby } of tenants) {
    if (pooler !== undefined || instance !== undefined) make(names.pooler(origin), poolerLabels(stack, origin));
    // A move that is under way fills it anew; what was given up goes.
    if (isPassing(standby)) {
      make(names.tenant(origin), ownerLabels(stack, origin));
      make(names.backups(origin), backupLabels(stack, origin));
    }
  }
}

function writeSalt(file: string, salt: string): void {
  const lines = readFileSync(file, "utf8").replace(/\n*$/, "\n").split("\n");
  const others = lines.filter((line) => !line.startsWith("encryptionsalt:"));
  writeFileSync(file, `${others.join("\n")}encryptionsalt: ${salt}\n`);
}
