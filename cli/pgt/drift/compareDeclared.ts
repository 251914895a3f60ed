import type { Difference } from "../../../components/declaredLook.ts";
import type { DeployedServer } from "./compareServer.ts";
import type { Drift } from "./drift.ts";
import { byUp } from "./fixes.ts";

/** What is declared inside a tenant's server and is not as it was deployed, as findings. Pure. */
export function compareDeclared({ id }: DeployedServer, seen: readonly Difference[]): Drift[] {
  return seen.map(({ kind, name, found, expected }) => ({
    subject: id,
    kind,
    found: `${name}: ${found}`,
    expected,
    fix: kind === "declared-absent" ? again : byUp,
  }));
}

/** A confirmation drops once. */
const again = `confirm its drop with today's date in its entry, and then ${byUp}; or take the entry out`;
