import { type Action, actions, type Deployment } from "../results.ts";
import { blocks, figure, medianAndP95, table } from "./markdown.ts";

const meaning = `Seconds of the command, by the wall clock; the most resident memory of the CLI and everything it starts, looked at five times a second; bytes of the stack's
state in the file backend. \`preview\` and \`up\` have nothing to change; one less is of the tenant that came before, so it ends at the number in the row.`;

const names: Record<Action, string> = {
  preview: "`pulumi preview`",
  up: "`pulumi up`",
  "one more": "one more",
  "one less": "one less",
  "100 more": "100 more at once",
};

/** By how many tenants the stack is greater afterwards. */
const added: Record<Action, number> = { preview: 0, up: 0, "one more": 1, "one less": 0, "100 more": 100 };

/** The section on deployments. */
export function renderDeployments(rows: readonly Deployment[]): string {
  const sorted = actions.flatMap((action) =>
    rows.filter((row) => row.action === action).toSorted((a, b) => a.existing - b.existing),
  );
  return blocks(
    meaning,
    table(
      ["what", "tenants before", "runs", "seconds, median", "p95", "peak MiB", "state, kB", "kB per tenant"],
      sorted.map(({ action, existing, seconds, peakMiB, stateBytes }) => {
        return [
          names[action],
          String(existing),
          String(seconds.length),
          ...medianAndP95(seconds),
          figure(Math.max(...peakMiB), 0),
          figure(stateBytes / 1000, 0),
          figure(stateBytes / 1000 / (existing + added[action]), 1),
        ];
      }),
    ),
  );
}
