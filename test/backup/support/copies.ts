import { setTimeout as sleep } from "node:timers/promises";
import type { Copies } from "../../../cli/pgt/offsite.ts";
import { archiveNow } from "../../e2e/support/backupBench.ts";
import { script, until } from "../../e2e/support/imageContainer.ts";
import { pgt } from "../../e2e/support/pgt.ts";
import { outputOf } from "../../e2e/support/shell.ts";
import type { TestStack } from "../../e2e/support/testStack.ts";

/** What `pgt offsite` says, and its exit code. */
export async function copiesOf(at: TestStack): Promise<Copies & { readonly code: number | null }> {
  const { code, stdout, stderr } = await pgt(at, ["offsite", "--json"]);
  if (stdout === "" || code === 2) throw new Error(`pgt offsite ended with ${code}: ${stdout}${stderr}`);
  return { ...JSON.parse(stdout), code };
}

/** Waits until `pgt offsite` says what is looked for; gives it, and after how many seconds. */
export async function copiesSay(
  at: TestStack,
  what: (copies: Copies) => boolean,
  seconds: number,
): Promise<{ readonly copies: Copies; readonly after: number }> {
  const began = Date.now();
  for (;;) {
    const copies = await copiesOf(at);
    const after = (Date.now() - began) / 1000;
    if (what(copies)) return { copies, after };
    if (after > seconds) throw new Error(`waited ${after} s in vain: ${JSON.stringify(copies)}`);
    await sleep(1000);
  }
}

/** Waits until all that there is now is in the store. */
export async function allCopied(at: TestStack, seconds = 120): Promise<void> {
  // What the container remembers are whole seconds.
  const since = Date.now() + 1000;
  const isSince = (time: Date | undefined) => time !== undefined && new Date(time).getTime() > since;
  const isThere = ({ copiedTo, backupsCopiedTo, waiting }: Copies["tenants"][number]) =>
    waiting === 0 && isSince(copiedTo) && isSince(backupsCopiedTo);
  await copiesSay(at, ({ tenants, reasons }) => reasons.length === 0 && tenants.every(isThere), seconds);
}

/** Finishes the segment that is being written, and waits until it is in the tenant's repository. */
export function archive(at: TestStack, id: string): Promise<void> {
  const container = at.container(id);
  return archiveNow({ container, volume: "", repository: "", key: "" });
}

/** How backup.sh ends where the tenant's own schedule is making one. */
const beingMade = 75;

/** Makes a full backup; after the one that is being made, where there is one. */
export async function backUpFull(at: TestStack, id: string): Promise<void> {
  await until(async () => {
    const { code, stderr } = await script(at.container(id), "backup.sh", ["full"]);
    if (code !== 0 && code !== beingMade) throw new Error(stderr);
    return code === 0;
  }, `a full backup of ${id} is made`);
}

/** So many rows more in a table of the tenant's own, each its own transaction. */
export async function addRows(at: TestStack, id: string, from: number, to: number): Promise<void> {
  await inDatabase(
    at.container(id),
    id,
    `SET ROLE ${id}`,
    "CREATE TABLE IF NOT EXISTS ledger (id integer PRIMARY KEY)",
    `DO $$ BEGIN FOR i IN ${from}..${to} LOOP INSERT INTO ledger VALUES (i); COMMIT; END LOOP; END $$`,
  );
}

/** The rows, as `1-50 of 50`. */
export function rowsOf(container: string, id: string): Promise<string> {
  return inDatabase(container, id, "SELECT min(id) || '-' || max(id) || ' of ' || count(*) FROM ledger");
}

/** What statements print, one after the other, in a tenant's database. */
function inDatabase(container: string, id: string, ...statements: readonly string[]): Promise<string> {
  const commands = statements.flatMap((statement) => ["--command", statement]);
  const options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"];
  return outputOf("docker", ["exec", container, "psql", "--dbname", id, ...options, ...commands]);
}
