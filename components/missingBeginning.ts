import { existsSync } from "node:fs";
import type { Tenant } from "../tenants/tenant.ts";
import type { Settings } from "./settings.ts";

/** What a new tenant is to begin with and that is not there: a URL, a dump, the SQL that masks. One line each. */
export function missingBeginning(
  { id, state, from, importFrom }: Tenant,
  { tenantsFile, imports }: Pick<Settings, "tenantsFile" | "imports">,
): string[] {
  if (state !== "running") return [];
  const at = `${tenantsFile}: "${id}"`;
  if (importFrom?.kind === "url" && !imports.has(id)) {
    const fix = `set it with: pulumi config set --secret --path 'imports["${id}"]'`;
    return [`${at}: got from: { import: url } and no URL in the stack's configuration; ${fix}`];
  }
  const files = [importFrom?.kind === "path" ? importFrom.path : undefined, from?.mask];
  return files.flatMap((file) =>
    file === undefined || existsSync(file)
      ? []
      : [
          `${at}: got the path "${file}" and nothing there, expected it from the project's folder on; put it there, or write another path`,
        ],
  );
}
