import { tenantsIn } from "../../components/readLastDeployment.ts";
import { readState } from "../state.ts";

/**
 * The volumes of tenants that were deployed and not removed since, with their ids, whatever the file says: one that lost an entry by mistake would
 * otherwise make data look as if nobody wanted it.
 * @throws OperatorError when the state cannot be read.
 */
export function heldVolumes(project: string, stack: string): ReadonlyMap<string, string> {
  const tenants = [...tenantsIn(readState(project, stack).resources)];
  return new Map(
    tenants.flatMap(([id, { volume, state }]) => (volume === undefined || state === "removed" ? [] : [[volume, id]])),
  );
}
