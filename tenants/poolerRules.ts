import type { Draft } from "./check.ts";
import { over, planNameOf, plansOf } from "./defaults.ts";
import type { Path, Problem } from "./issues.ts";
import { defaultPoolSize } from "./poolerFields.ts";
import { isShared } from "./sharedDefaults.ts";

/** Each pooled tenant is two containers on the bridge, which has 1,023 ports, and answers badly near them. */
const MOST_CONTAINERS = 900;

/** The pool's server connections are out of the tenant's own: one more would be refused, and its client would wait in vain. */
export function poolsFit(draft: Draft): Problem[] {
  const plans = plansOf(draft);
  return draft.tenants.flatMap((tenant, index) => {
    const { pooler } = tenant;
    const plan = plans.get(planNameOf(tenant, draft));
    if (pooler === undefined || plan === undefined) return [];
    const { maxConnections } = over(plan, tenant);
    const { size = defaultPoolSize(maxConnections), reserve = 0 } = pooler;
    if (size + reserve <= maxConnections) return [];
    const field = pooler.size === undefined ? "reserve" : "size";
    const path: Path = ["tenants", index, "pooler", field];
    const most = Math.max(0, maxConnections - (field === "size" ? reserve : size));
    const advice =
      `with ${field === "size" ? `a reserve of ${reserve}` : `a size of ${size}`} at most ${most}, out of ${maxConnections} maxConnections; ` +
      `write ${most} or less, or raise maxConnections to ${size + reserve}`;
    return [{ path, advice, reliesOn: [path, ["tenants", index, "maxConnections"], ["tenants", index, "plan"]] }];
  });
}

/** Tenants and pools together fit on the bridge. */
export function poolsHavePorts({ tenants: all }: Draft): Problem[] {
  const tenants = all.filter((tenant) => !isShared(tenant));
  const pools = tenants.filter(({ pooler }) => pooler !== undefined).length;
  if (pools === 0 || tenants.length + pools <= MOST_CONTAINERS) return [];
  const advice =
    `at most ${MOST_CONTAINERS} tenants and pools together, got ${tenants.length} and ${pools}, as many as one bridge serves; ` +
    "move some tenants to a second stack, or take pooler out of some";
  return [{ path: ["tenants"], got: `${tenants.length} tenants`, advice }];
}
