import * as z from "zod";
import { type DeclaredSpec, withoutVerifiers } from "./declaredSpec.ts";
import { lookStatements } from "./statements.ts";
import { superuserArguments } from "./superuserSession.ts";
import { renderVariable, type TenantSpec } from "./tenantSpec.ts";

/** What a look may take in each database, and the longest that a docker exec may. */
const statementTimeout = "15s";

/** Something that is declared inside a server and is not as declared. */
const difference = z.object({
  kind: z.enum([
    "declared-role",
    "declared-membership",
    "declared-database",
    "declared-schema",
    "declared-extension",
    "declared-grant",
    "declared-setting",
    "declared-absent",
  ]),
  /** What it is about, such as `role reporting`. */
  name: z.string(),
  found: z.string(),
  expected: z.string(),
});
export type Difference = z.infer<typeof difference>;

/** What of a tenant's specification a look needs. */
export interface LookedAt {
  readonly owner: string;
  readonly database: string;
  readonly access: { readonly login: boolean };
  readonly declared: DeclaredSpec;
  /** What they take is not missed. */
  readonly limits: TenantSpec["limits"];
}

/** The arguments of `docker` that ask a tenant's server, {@link lookInput} being their standard input. */
export function lookCommand(container: string): string[] {
  const settings = { default_transaction_read_only: "on", statement_timeout: statementTimeout };
  const psql = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--file=-"];
  return ["exec", "--interactive", ...superuserArguments(settings), container, ...psql];
}

/** The statements of a deployment, told to print what they would put right, in sessions that may only read. No secrets. */
export function lookInput({ owner, database, access, declared, limits }: LookedAt): string {
  return [
    renderVariable("spec", { owner, database, access, limits, declared: withoutVerifiers(declared) }),
    "\\set pick 'format(''SELECT %L'', jsonb_build_object(''kind'', kind, ''name'', name, ''found'', found, ''expected'', expected))'\n",
    lookStatements(declared),
  ].join("");
}

/** Reads what a look printed: a line of JSON for each difference. @throws Error for anything else. */
export function parseLook(printed: string): Difference[] {
  const lines = printed.split("\n").filter((line) => line !== "");
  return lines.map((line) => difference.parse(JSON.parse(line)));
}
