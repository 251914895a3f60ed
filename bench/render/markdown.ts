import { median, p95 } from "../support/statistics.ts";

/** A table; every column but the first `texts` ones holds numbers. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], texts = 1): string {
  const rule = header.map((_, column) => (column < texts ? "---" : "---:"));
  return [header, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A number with as many digits as say something; "–" where nothing was measured. */
export function figure(value: number | undefined, digits = 2): string {
  if (value === undefined || !Number.isFinite(value)) return "–";
  return value.toFixed(value >= 1000 ? 0 : value >= 100 ? Math.min(digits, 1) : digits);
}

/** Median and 95th percentile of samples, as two cells. */
export function medianAndP95(samples: readonly number[], digits = 2): [string, string] {
  return [figure(median(samples), digits), figure(p95(samples), digits)];
}

/** Paragraphs and tables, one blank line between. Empty ones are left out. */
export function blocks(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}

/** A plot that stands beside the page. */
export function image(title: string, file: string): string {
  return `![${title}](benchmarks/${file})`;
}
