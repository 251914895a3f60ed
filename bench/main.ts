import { join } from "node:path";
import { parseArgs } from "node:util";
import { measure } from "./measure.ts";
import { writePage } from "./page.ts";
import { type SectionName, sectionNames } from "./results.ts";
import { full, quick } from "./scope.ts";
import { readResults } from "./support/recorder.ts";

const usage = `node bench/main.ts [--quick] [--no-engine-restart] [--render] [--into FOLDER] [SECTION...]
Sections: ${sectionNames.join(" ")}; all by default. The page goes into FOLDER, by default docs; --render writes it again from the results there.`;

function isSection(name: string): name is SectionName {
  return (sectionNames as readonly string[]).includes(name);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    "no-engine-restart": { type: "boolean", default: false },
    render: { type: "boolean", default: false },
    into: { type: "string", default: "docs" },
  },
});
const unknown = positionals.filter((name) => !isSection(name));
if (unknown.length > 0) {
  console.error(`error: no section ${unknown.join(", ")}\n${usage}`);
  process.exit(64);
}
const sections = sectionNames.filter((name) => positionals.length === 0 || positionals.includes(name));
const base = values.quick ? quick : full;
const scope = values["no-engine-restart"] ? { ...base, density: { ...base.density, restartEngine: false } } : base;

const resultsFile = join(values.into, "benchmarks", "results.json");
if (!values.render) await measure(sections, scope, resultsFile, values.quick);
await writePage(readResults(resultsFile), values.into);
