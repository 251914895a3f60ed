import type { Psql } from "./psql.ts";
import type { TenantOutput } from "./stackOutputs.ts";
import { alignColumns } from "./table.ts";

/** What became of asking one tenant. One that is stopped, or lets nobody in from this machine, is not asked. */
export type Answer =
  | { readonly kind: "answered"; readonly milliseconds: number }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "stopped" }
  /** Access is turned off. */
  | { readonly kind: "closed" }
  /** Only other networks are let in. */
  | { readonly kind: "restricted" };

/** One tenant with its answer. */
export interface TenantStatus {
  readonly id: string;
  readonly tenant: TenantOutput;
  readonly answer: Answer;
}

/** The table that `make up` ends with, one tenant a line. @param psqlLine what to paste for psql. */
export function renderStatus(statuses: readonly TenantStatus[], psqlLine: (id: string) => string): string {
  const header = ["TENANT", "HOST", "STATE", "PSQL"];
  const rows = statuses.map(({ id, tenant, answer }) => [
    id,
    `${tenant.host}:${tenant.port}`,
    stateOf(answer),
    psqlLine(id),
  ]);
  const failures = statuses.flatMap(({ id, answer }) => (answer.kind === "failed" ? [`${id}: ${answer.reason}`] : []));
  return `${[...alignColumns([header, ...rows]), "", ...failures, summary(statuses)].join("\n")}\n`;
}

/** A line for a POSIX shell that starts psql: by the service file, or by pgt where psql is in the image alone. */
export function psqlLineFor(psql: Psql, serviceFile: string, stack: string): (id: string) => string {
  if (psql.length === 1) return (id) => `PGSERVICEFILE=${shellWord(serviceFile)} psql service=${id}`;
  return (id) => `./pgt --stack ${stack} psql ${id}`;
}

/** Whether every tenant that should answer did. */
export function allAnswered(statuses: readonly TenantStatus[]): boolean {
  return statuses.every(({ answer }) => answer.kind !== "failed");
}

function stateOf(answer: Answer): string {
  switch (answer.kind) {
    case "answered":
      return `running, answered in ${answer.milliseconds} ms`;
    case "failed":
      return "NO ANSWER";
    case "stopped":
      return "stopped";
    case "closed":
      return "running, access off";
    case "restricted":
      return "running, lets nobody in from here";
    default:
      return answer satisfies never;
  }
}

function summary(statuses: readonly TenantStatus[]): string {
  const asked = statuses.filter(({ answer }) => answer.kind === "answered" || answer.kind === "failed");
  const answered = asked.filter(({ answer }) => answer.kind === "answered");
  return `${answered.length} of ${asked.length} running tenants answered select now() through the router, certificate verified in full (verify-full).`;
}

/** A path as one word of a POSIX shell, bare where it needs no quotes. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
