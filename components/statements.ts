import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

/**
 * The statements that a tenant's specification is for, in order, relative to the project's folder: together one idempotent script. They are
 * the same for all tenants, so no state holds them.
 */
export const statementsFiles = ["components/tenant.sql", "components/pooler.sql"] as const;

/** The script's text, which comes after the line of `renderTenantSpec`. @throws Error when a file of it cannot be read. */
export function statements(): string {
  return statementsFiles.map((file) => readFileSync(new URL(basename(file), import.meta.url), "utf8")).join("");
}

/** Names the script's text: where it is another one, every tenant's runs again. */
export function statementsHash(): string {
  return createHash("sha256").update(statements()).digest("hex");
}
