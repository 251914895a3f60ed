import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { DeclaredSpec } from "./declaredSpec.ts";

/** The statements that every tenant's specification is for, in order, relative to the project's folder. */
const beforeDeclared = ["components/tenant.sql", "components/pooler.sql", "components/limits.sql"];
const forClosing = ["components/closing.sql", "components/freeze.sql", "components/closed.sql"];
const forAll = [...beforeDeclared, ...forClosing, "components/declared.sql"];
const forEachDatabase = [
  "components/declaredInside.sql",
  "components/declaredGrants.sql",
  "components/declaredLeave.sql",
] as const;
const forDrops = "components/declaredAbsent.sql";

/**
 * The files that a tenant's specification is for, in order: together one idempotent script. Their text is the same for all tenants, so no state
 * holds it. Only what a tenant declares brings more than {@link forAll}.
 */
export function statementsFiles(declared: DeclaredSpec | undefined): readonly string[] {
  if (declared === undefined) return forAll;
  return [
    ...forAll,
    ...declared.inside.flatMap(() => forEachDatabase),
    ...(declared.absent.length === 0 ? [] : [forDrops]),
    // What is declared is made by now: nothing of it is to be open where the tenant's limits close it.
    ...forClosing,
    ...declared.databases.flatMap(() => forClosing),
  ];
}

/** The text of some of those files. @throws Error when one cannot be read. */
function statementsIn(files: readonly string[]): string {
  return files.map((file) => readFileSync(new URL(basename(file), import.meta.url), "utf8")).join("");
}

/** The script of a tenant that declares nothing, which comes after the line of `renderTenantSpec`. */
export function statements(declared?: DeclaredSpec): string {
  return statementsIn(statementsFiles(declared));
}

/** The statements that look at what is declared, and change nothing where they are told to look: see declaredLook.ts. */
export function lookStatements(declared: DeclaredSpec): string {
  return statementsIn(
    statementsFiles(declared).filter((file) => ![...beforeDeclared, ...forClosing, forDrops].includes(file)),
  );
}

/** Names the text of all of them: where it is another one, every tenant's script runs again. */
export function statementsHash(): string {
  return createHash("sha256")
    .update(statementsIn([...forAll, ...forEachDatabase, forDrops]))
    .digest("hex");
}
