// Reads the specification of an instance's tenants from standard input and prints the SQL for it. A program of its own, because verifiers take a
// while to compute: a preview, and a deployment that changes nothing there, need none.
import { readFileSync } from "node:fs";
import { renderSharedSpec } from "./sharedSpec.ts";

try {
  const line = renderSharedSpec(readFileSync(0, "utf8"));
  process.stdout.write(line + readFileSync(new URL("shared.sql", import.meta.url), "utf8"));
} catch {
  // Without the text, which is secret.
  process.stderr.write("pgtenants: the specification of an instance's tenants is of another form; deploy again\n");
  process.exitCode = 65;
}
