import type { Results, SectionName } from "./results.ts";
import type { Scope } from "./scope.ts";
import type { Pair } from "./support/pair.ts";

/** What a section works with. */
export interface Bench {
  readonly scope: Scope;
  readonly results: Results;
  /** Writes the results down as they are. */
  readonly save: () => void;
  /** Says on the terminal what is done now. */
  readonly say: (line: string) => void;
  /** Notes what could not be measured. */
  readonly miss: (section: SectionName, reason: string) => void;
  /** Seconds that are left before no more tenants are made. */
  readonly secondsLeft: () => number;
  /** Tag of the peers' image. */
  readonly peersImage: string;
  /** A stack of a few tenants that the sections about traffic share; made when it is first asked for. */
  readonly pair: () => Promise<Pair>;
}
