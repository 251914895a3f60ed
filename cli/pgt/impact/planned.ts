import type { LastDeployment, LastShared } from "../../../components/lastDeployment.ts";
import type { TenantList } from "../../../tenants/sharedTenant.ts";
import type { Summaries } from "./fieldEffects.ts";
import type { PreviewStep } from "./preview.ts";
import type { Reason } from "./reasons.ts";

/** Everybody as a deployment would make them, and as the state has them. */
export interface Planned {
  readonly list: TenantList;
  readonly last: LastDeployment;
  readonly lastShared: ReadonlyMap<string, LastShared>;
}

/** The same with what a preview says. */
export interface Previewed extends Planned {
  readonly steps: readonly PreviewStep[];
  /** The tenants of the last deployment that succeeded. */
  readonly summaries: Summaries;
  readonly domain: string | undefined;
  /** What is done to what all tenants of the stack share, as far as it ends sessions. */
  readonly ending: readonly Reason[];
}

/** What is done to each, by id. */
export type ReasonsById = ReadonlyMap<string, readonly Reason[]>;
