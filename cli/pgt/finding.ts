/** What a check found. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  readonly level: "ok" | "warning" | "error";
  readonly found: string;
  /** How to mend it; empty where nothing is to be mended. */
  readonly fix: string;
}

export function ok(check: string, found: string): Finding {
  return { check, level: "ok", found, fix: "" };
}

export function warning(check: string, found: string, fix: string): Finding {
  return { check, level: "warning", found, fix };
}

export function error(check: string, found: string, fix: string): Finding {
  return { check, level: "error", found, fix };
}
