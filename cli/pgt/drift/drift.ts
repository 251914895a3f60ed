import type { DriftKind } from "./kinds.ts";

/** Something that is not as it was deployed. */
export interface Drift {
  /** A tenant's id, or `router`, `offsite`, `network`, `stack`. */
  readonly subject: string;
  readonly kind: DriftKind;
  readonly found: string;
  readonly expected: string;
  /** What puts it right: commands, joined by `; then`. */
  readonly fix: string;
}
