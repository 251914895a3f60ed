import { nameIn, resourceTypes } from "../../../components/stackState.ts";
import { listed } from "../../engine.ts";
import { fileBackend } from "../../fileBackend.ts";
import { compare } from "../../leftovers.ts";
import { isStale } from "../../locks.ts";
import { readState } from "../../state.ts";
import { type Finding, ok, warning } from "../finding.ts";
import type { StackConfig } from "../stackConfig.ts";

/** What a killed deployment left, and what was stopped behind Pulumi's back. */
export function leftoverFinding({ folder }: StackConfig, stack: string): Finding {
  const { resources, pending } = readState(folder, stack);
  const found = (["container", "network"] as const).flatMap((kind) => {
    const { orphans, lost } = compare(resourceTypes[kind], resources, listed(kind, stack));
    return [
      ...orphans.map(({ name }) => `${kind} ${name} is not in the state`),
      ...lost.map((urn) => `${nameIn(urn)} is in the state and does not run`),
    ];
  });
  const interrupted = pending.map(({ urn }) => `${nameIn(urn)} was being made when a deployment was killed`);
  const all = [...found, ...interrupted];
  return all.length === 0
    ? ok("state", `${resources.length} resources, as on the engine`)
    : warning("state", all.join("; "), "pgt start");
}

/** The lock of a deployment: one under way, or one that was killed. */
export function lockFinding({ folder }: StackConfig, stack: string): Finding {
  const lock = fileBackend(folder, stack)?.locks[0];
  if (lock === undefined) return ok("lock", "no deployment is under way");
  const whose = `process ${lock.pid} on ${lock.hostname}`;
  if (isStale(lock)) return warning("lock", `held by ${whose}, which is gone`, "pgt recover");
  return ok("lock", `a deployment is under way: ${whose}`);
}
