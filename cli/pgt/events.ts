/** What pgt has to tell while it works: a line each for people, a JSON line each with --json. `subject` is a tenant's id, "router" or "stack". */
export type PgtEvent =
  | { readonly event: "edited"; readonly file: string; readonly diff: readonly string[] }
  | { readonly event: "restored"; readonly file: string }
  | { readonly event: "step"; readonly subject: string; readonly step: string }
  | { readonly event: "ready"; readonly subject: string; readonly seconds: number }
  | { readonly event: "done"; readonly subject: string; readonly seconds: number }
  | { readonly event: "deployed"; readonly seconds: number; readonly changes: number }
  | {
      readonly event: "moved";
      readonly subject: string;
      readonly seconds: number;
      readonly parts: Readonly<Record<string, number>>;
    }
  | { readonly event: "note"; readonly message: string }
  | { readonly event: "warning"; readonly message: string }
  | { readonly event: "error"; readonly message: string; readonly fix: string };

/** Gives text a colour, or leaves it as it is where there are none. */
export type Paint = (colour: "green" | "yellow" | "red" | "dim", text: string) => string;

/** An event for people. An error is told on standard error, by whoever ends the command. */
export function renderEvent(event: PgtEvent, paint: Paint): string {
  switch (event.event) {
    case "edited":
      return [`${event.file}:`, ...event.diff.map((line) => `  ${paint(colourOf(line), line)}`)].join("\n");
    case "restored":
      return `${event.file}: as it was before`;
    case "step":
      return `${event.subject}: ${event.step}`;
    case "ready":
      return `${event.subject}: ${paint("green", "ready")} ${seconds(event.seconds)}`;
    case "done":
      return `${event.subject}: done ${seconds(event.seconds)}`;
    case "deployed":
      return event.changes === 0
        ? `nothing to change, ${seconds(event.seconds)}`
        : `${event.changes} ${event.changes === 1 ? "change" : "changes"} made, ${seconds(event.seconds)}`;
    case "moved":
      return `${event.subject}: was read-only for ${seconds(event.seconds)}: ${Object.entries(event.parts)
        .map(([part, took]) => `${part} ${seconds(took)}`)
        .join(", ")}`;
    case "note":
      return event.message;
    case "warning":
      return `${paint("yellow", "warning:")} ${event.message}`;
    case "error":
      return `${paint("red", "error:")} ${event.message}\n  fix: ${event.fix}`;
    default:
      return event satisfies never;
  }
}

function colourOf(line: string): "green" | "red" | "dim" {
  if (line.startsWith("+")) return "green";
  return line.startsWith("-") ? "red" : "dim";
}

function seconds(amount: number): string {
  return `${amount.toFixed(1)} s`;
}
