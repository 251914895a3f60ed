import type { Impact } from "../../../components/changeEffects.ts";
import { alignColumns } from "../../table.ts";
import type { Paint } from "../events.ts";
import { type Capacity, capacityLines } from "./capacity.ts";
import type { Report } from "./report.ts";
import { happening, restart, sentence } from "./summary.ts";
import { printable } from "./words.ts";

/** The report for a terminal: the sentence, the tenants that change, and what else there is to know. */
export function renderText(report: Report, capacity: Capacity | undefined, paint: Paint): string {
  const { refused, errors, warnings, tenants, shared, routes, unseen } = report;
  const rows = tenants.map(({ id, impact, reasons }) => [
    printable(id),
    happening(impact),
    reasons.map(({ text }) => printable(text)).join("; "),
  ]);
  const [header = "", ...table] = alignColumns([["TENANT", "WHAT HAPPENS", "WHY"], ...rows]);
  const lines = [
    paint(refused ? "red" : "green", sentence(report)),
    ...errors.map((line) => paint("red", `refused: ${line}`)),
    ...(rows.length === 0 ? [] : ["", header, ...table.map((line, at) => paint(colourOf(tenants[at]?.impact), line))]),
    ...(tenants.some(({ impact }) => impact === "restart") ? ["", restart.footnote] : []),
    ...section(
      "What all tenants share:",
      shared.map(({ text }) => printable(text)),
    ),
    ...section("Routes (dynamic.yml):", routes),
    ...section("Capacity:", capacity === undefined ? [] : capacityLines(capacity)),
    ...section("Warnings:", warnings),
    ...section(
      "Not seen by a preview:",
      unseen.map((line) => printable(line, Number.POSITIVE_INFINITY)),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}

function colourOf(impact: Impact | undefined): Parameters<Paint>[0] {
  switch (impact) {
    case "data at risk":
      return "red";
    case "removed":
    case "stopped":
    case "restart":
    case "sessions end":
      return "yellow";
    default:
      return "dim";
  }
}
