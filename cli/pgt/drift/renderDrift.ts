import { alignColumns } from "../../table.ts";
import type { Drift } from "./drift.ts";
import { kinds } from "./kinds.ts";

/** What `pgt drift` has to tell. */
export interface Look {
  readonly drift: readonly Drift[];
  /** What could not be looked at, and why. */
  readonly unknown: readonly { readonly subject: string; readonly reason: string }[];
  /** Tenants whose entry is not deployed yet. */
  readonly due: readonly string[];
  /** How many tenants and containers were looked at. */
  readonly tenants: number;
  readonly containers: number;
}

/** 0: all is as it was deployed, 1: something is not, 2: something could not be looked at. */
export function codeOf({ drift, unknown }: Look): 0 | 1 | 2 {
  if (unknown.length > 0) return 2;
  return drift.length > 0 ? 1 : 0;
}

const statuses = ["clean", "drift", "unknown"] as const;

/** The document of --json. */
export function documentOf(look: Look) {
  const { drift, unknown, due, tenants, containers } = look;
  return {
    status: statuses[codeOf(look)],
    findings: drift.map(({ subject, kind, found, expected, fix }) => {
      const { up, restarts } = kinds[kind];
      return { subject, kind, found, expected, up, fix, restarts };
    }),
    unknown,
    deploymentDue: due,
    lookedAt: { tenants, containers },
  };
}

const header = ["TENANT", "DRIFT", "FOUND", "EXPECTED", "PULUMI UP"];

/** For people at a terminal. */
export function renderDrift(look: Look): string {
  const rows = look.drift.map(cellsOf);
  const fixes = look.drift.map(({ subject, kind, fix }) => `${subject}, ${kind}: ${printable(fix)}${restartOf(kind)}`);
  const paragraphs = [
    ...(rows.length > 0
      ? [alignColumns([header, ...rows]), ["To put it right:", ...fixes.map((line) => `  ${line}`)]]
      : []),
    [...unknownLines(look), ...dueLines(look), sumOf(look)],
  ];
  return `${paragraphs.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** For a page or a message that shows Markdown. */
export function renderMarkdown(look: Look): string {
  const cells = (row: readonly string[]) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const titles = ["Tenant", "Drift", "Found", "Expected", "`pulumi up`", "Put right by"];
  const rows = look.drift.map((drift) => [...cellsOf(drift), `\`${printable(drift.fix)}\`${restartOf(drift.kind)}`]);
  const table = [cells(titles), cells(titles.map(() => "---")), ...rows.map(cells), ""];
  return `${[...(rows.length > 0 ? table : []), ...unknownLines(look), ...dueLines(look), sumOf(look)].join("\n")}\n`;
}

function cellsOf({ subject, kind, found, expected }: Drift): string[] {
  return [subject, kind, found, expected, kinds[kind].up].map(printable);
}

function restartOf(kind: Drift["kind"]): string {
  const { restarts } = kinds[kind];
  return restarts === "nothing" ? "" : ` (restarts ${restarts})`;
}

function unknownLines({ unknown }: Look): string[] {
  return unknown.map(({ subject, reason }) => `${subject}: not looked at: ${printable(reason)}`);
}

function dueLines({ due }: Look): string[] {
  return due.length === 0 ? [] : [`A deployment is due for ${due.join(", ")}; all is held against the last one.`];
}

function sumOf(look: Look): string {
  const { drift, tenants, containers } = look;
  const where = `${counted(tenants, "tenant")}, ${counted(containers, "container")}`;
  const unknown = look.unknown.length === 0 ? "" : `, ${look.unknown.length} not looked at`;
  return `${drift.length === 0 ? "no drift" : counted(drift.length, "finding")}: ${where}${unknown}`;
}

function counted(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? "" : "s"}`;
}

/** Names and values that somebody made by hand must not write on the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
