import { parsePoolFiles } from "../../../components/pgbouncerIni.ts";
import { nameIn, type StateResource } from "../../../components/stackState.ts";
import type { DeployedPools } from "./comparePools.ts";
import { sharingStep } from "./deployedInside.ts";
import { byStep } from "./fixes.ts";
import { engineName, type StateTree, stdinOf } from "./stateTree.ts";

/** The connection pools that a running tenant or instance was given; nothing where it has none. @throws Error where the state tells them otherwise. */
export function deployedPools(tree: StateTree, tenant: StateResource): DeployedPools[] {
  const id = nameIn(tenant.urn);
  const container = tree.partOf(tenant, "pooler");
  const own = tree.partOf(tenant, "pools");
  const step = own ?? sharingStep(tree, id, "pools");
  if (container === undefined || step === undefined) return [];
  const pools = parsePoolFiles(stdinOf(step));
  return [{ id, container: engineName(container), pools, shared: own === undefined, fix: byStep(nameIn(step.urn)) }];
}
