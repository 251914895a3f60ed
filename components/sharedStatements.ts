import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const files = ["shared.sql", "sharedSpec.ts"] as const;

/** Names what makes an instance's tenants: where it is another text, the step runs again on every instance. */
export function sharedStatementsHash(): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(new URL(file, import.meta.url)));
  return hash.digest("hex");
}
