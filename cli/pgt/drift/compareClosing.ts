import * as z from "zod";
import { noLimits } from "../../../components/tenantSpec.ts";
import { finder } from "./compareRoles.ts";
import type { DeployedServer } from "./compareServer.ts";
import type { Drift } from "./drift.ts";

/** What server.sql prints last: what holds a tenant to its limits. */
export const closing = z
  .object({
    /** The row that the watchdog goes by; null where there is none, which is no limit. */
    limits: z
      .object({
        statement_ms: z.number(),
        idle_in_transaction_ms: z.number(),
        lock_ms: z.number(),
        read_only: z.boolean(),
        allow_ddl: z.boolean(),
      })
      .nullable(),
    /** The function by which the event trigger refuses definitions; null where there is none, or it is off. */
    refuses: z.string().nullable(),
    /** What somebody other than the superuser may write to; told of a tenant that was closed. */
    writable: z.array(z.string()),
  })
  .nullable();

/** Null where nobody can be let into the database to look. */
export type Closing = z.infer<typeof closing>;

/** How many names a finding has at most. */
const named = 5;

/** What holds a tenant to its limits, against what was deployed. Pure. */
export function compareClosing(deployed: DeployedServer, found: Closing): Drift[] {
  if (found === null) return [];
  const { limits, refuses, writable } = found;
  const find = finder(deployed);
  // Whether the tenant moves is nothing that the database has.
  const { held: _, ...wanted } = deployed.spec.limits;
  const seen =
    limits === null
      ? noLimits
      : {
          ...{ readOnly: limits.read_only, allowDdl: limits.allow_ddl },
          ...{ statement: limits.statement_ms, idle: limits.idle_in_transaction_ms, lock: limits.lock_ms },
        };
  const differing = (Object.keys(wanted) as (keyof typeof wanted)[]).filter((name) => seen[name] !== wanted[name]);
  const values = (from: typeof seen) => differing.map((name) => `${name} ${from[name]}`).join(", ");
  const expected = refusal(wanted);
  const names = `${writable.slice(0, named).join(", ")}${writable.length > named ? ", …" : ""}`;
  return [
    ...(differing.length === 0 ? [] : [find("limits", values(seen), values(wanted))]),
    ...(refuses === expected ? [] : [find("ddl-trigger", refuses ?? "none", expected ?? "none")]),
    ...(wanted.readOnly && writable.length > 0
      ? [find("write-grant", names, "nothing that anybody may write to")]
      : []),
  ];
}

function refusal({ readOnly, allowDdl }: DeployedServer["spec"]["limits"]): string | null {
  if (readOnly) return "pgtenants.refuse_write";
  return allowDdl ? null : "pgtenants.refuse_definition";
}
