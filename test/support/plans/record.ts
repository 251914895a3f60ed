// Records the previews that the reports' golden files are made from, on a stack of its own: node test/support/plans/record.ts
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makePlanStack, previewOf, recordedAs } from "../../e2e/support/planStack.ts";
import { baseFile, planCases, sharingCases, sharingFile } from "./cases.ts";
import { stripped } from "./strip.ts";

const folder = join(import.meta.dirname, "../fixtures/plans");
mkdirSync(folder, { recursive: true });
for (const [base, cases] of [[baseFile, planCases] as const, [sharingFile, sharingCases] as const]) {
  const at = await makePlanStack(base);
  try {
    for (const one of cases) {
      const json = stripped(await previewOf(at, one), await recordedAs(at));
      writeFileSync(join(folder, `${one.name}.json`), json);
      console.log(`${one.name}: ${json.length} characters`);
    }
  } finally {
    await at.remove();
  }
}
