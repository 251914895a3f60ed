import { docker } from "../../engine.ts";
import type { InspectedContainer } from "../../hardening/container.ts";
import { probeGateway } from "../../hardening/gatewayProbe.ts";
import { judge } from "../../hardening/judge.ts";
import { error, type Finding, ok, warning } from "../finding.ts";
import type { EngineDescription } from "./engine.ts";

/** Every container of the stack against the CIS Docker Benchmark's section 5. */
export function hardeningFindings(containers: readonly string[], engine: EngineDescription): Finding[] {
  if (containers.length === 0) return [];
  const inspected: InspectedContainer[] = JSON.parse(docker("inspect", ...containers));
  const faults = judge(inspected, engine).filter(({ excepted }) => excepted === undefined);
  if (faults.length === 0) return [ok("hardening", `${containers.length} containers, as the benchmark asks`)];
  return faults.map(({ id, title, container, found }) =>
    error("hardening", `${container}: ${found}; CIS ${id}: ${title}`, "docker rm -f that container, then pgt start"),
  );
}

/** Whether a tenant reaches what this machine serves on all its addresses; tried out from one tenant. */
export async function gatewayFinding(container: string | undefined): Promise<Finding> {
  const check = "firewall";
  if (container === undefined) return ok(check, "not tried: no tenant runs");
  const answer = await probeGateway(container);
  switch (answer.kind) {
    case "closed":
      return ok(check, "tenants do not reach what this machine serves");
    case "open":
      return warning(
        check,
        "tenants reach what this machine serves on all its addresses",
        "sudo toolchain/setup/firewall.sh; see docs/hardening.md",
      );
    case "unknown":
      return warning(check, `could not be tried: ${answer.reason}`, "see docs/hardening.md for the rule");
    default:
      return answer satisfies never;
  }
}
