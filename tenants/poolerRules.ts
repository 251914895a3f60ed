import type { Draft } from "./check.ts";
import type { Path, Problem } from "./issues.ts";
import { over, planNameOf, plansOf } from "./plans.ts";
import { defaultPoolSize, poolFactor } from "./poolerFields.ts";
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
    const { size = defaultPoolSize(maxConnections, tenant), reserve = 0 } = pooler;
    const factor = poolFactor(tenant);
    const needed = factor * (size + reserve);
    if (needed <= maxConnections) return [];
    const field = pooler.size === undefined && pooler.reserve !== undefined ? "reserve" : "size";
    const at: Path = ["tenants", index, "pooler"];
    const path: Path = pooler[field] === undefined ? at : [...at, field];
    const other = field === "size" ? `a reserve of ${reserve}` : `a size of ${size}`;
    const most = Math.floor(maxConnections / factor) - (field === "size" ? reserve : size);
    const times = factor === 1 ? "," : `, ${factor} times for the databases and roles,`;
    const lower = most < (field === "size" ? 1 : 0) ? "" : `write ${most} or less, or `;
    const advice =
      `with ${other} at most ${Math.max(0, most)}${times} out of ${maxConnections} maxConnections; ` +
      `${lower}raise maxConnections to ${needed}`;
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
