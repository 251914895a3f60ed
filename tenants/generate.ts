// Writes what is generated from the schema: the editor's schema beside tenants.yaml, and the reference under docs/.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderJsonSchema, renderReference } from "./reference.ts";

const docs = join(import.meta.dirname, "..", "docs");
mkdirSync(docs, { recursive: true });
writeFileSync(join(import.meta.dirname, "tenants.schema.json"), renderJsonSchema());
writeFileSync(join(docs, "tenants-reference.md"), renderReference());
