import { sharedIn, tenantsIn } from "../../../components/readLastDeployment.ts";
import { readState } from "../../state.ts";
import type { Context } from "../context.ts";
import { readText, writeText } from "../textFile.ts";

/**
 * Whether a switch that failed and says that it has changed nothing may have begun: components reach the state before what they are made of. Then
 * what counts is as in the file that it was to deploy, which is written again. @param role what the second place was before. @param edit the file of the switch.
 */
export function hasBegun(
  context: Context,
  id: string,
  role: "target" | "source",
  edit: (text: string) => string,
): boolean {
  const { config, stack } = context;
  if (isAs(config.folder, stack, id, role)) return false;
  writeText(config.tenantsFile, edit(readText(config.tenantsFile)));
  return true;
}

function isAs(folder: string, stack: string, id: string, role: string): boolean {
  const { resources } = readState(folder, stack);
  const roles = [tenantsIn(resources).get(id), sharedIn(resources).get(id)].flatMap((place) => place?.standby ?? []);
  return roles.length === 1 && roles[0] === role;
}
