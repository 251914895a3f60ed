import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plotsOf, renderPage } from "./render/page.ts";
import { svgOf } from "./render/svg.ts";
import type { Results } from "./results.ts";

/** Writes the page into a folder, and its plots below it; plots of an earlier run go. */
export async function writePage(results: Results, folder: string): Promise<void> {
  const below = join(folder, "benchmarks");
  mkdirSync(below, { recursive: true });
  for (const file of readdirSync(below)) if (file.endsWith(".svg")) rmSync(join(below, file));
  for (const { file, spec } of plotsOf(results)) writeFileSync(join(below, file), await svgOf(spec));
  writeFileSync(join(folder, "benchmarks.md"), renderPage(results));
}
