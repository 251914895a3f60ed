import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import type { ConnectionStrings } from "../../../components/connectionStrings.ts";
import { nodeClient } from "./clients.ts";
import { inspect } from "./engine.ts";
import { run } from "./shell.ts";
import type { TestStack } from "./testStack.ts";

/** The id of the instance in tests. */
export const instance = "shared-1";

/** Writes tenants.yaml with one instance and these tenants, a line of YAML each. */
export function listShared(at: TestStack, ...entries: readonly string[]): void {
  const tenants = entries.map((entry) => `  - ${entry}\n`).join("");
  const fields = "id: shared-1, memory: 1 GB, maxConnections: 200, sharedBuffers: 64 MB";
  writeFileSync(join(at.folder, "tenants.yaml"), `instances:\n  - { ${fields} }\ntenants:\n${tenants}`);
}

/** An entry of a tenant on the instance. */
export function onInstance(id: string, isolation: "database" | "schema" = "database", more = ""): string {
  return `{ id: ${id}, isolation: ${isolation}, instance: ${instance}${more === "" ? "" : `, ${more}`} }`;
}

/** The rows of one statement, in a session of its own. */
export async function ask<Row extends pg.QueryResultRow>(uri: string, sql: string): Promise<Row[]> {
  const client = await nodeClient(uri);
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Runs a client of PostgreSQL's own, as the tenant and through the router. Gives what it printed, errors included. */
export async function tool(
  at: TestStack,
  strings: ConnectionStrings | undefined,
  name: "psql" | "pg_dump",
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly output: string }> {
  const folder = mkdtempSync(join(at.folder, "tool-"));
  writeFileSync(join(folder, "service"), strings?.pgService ?? "");
  writeFileSync(join(folder, "pass"), `${strings?.pgpass}\n`, { mode: 0o600 });
  const [, service = ""] = /^\[(.*)\]/.exec(strings?.pgService ?? "") ?? [];
  const image = await inspect(at.container(instance), "{{.Config.Image}}");
  const { code, stdout, stderr } = await run("docker", [
    ...["run", "--rm", "--network", "host", "--user", `${process.getuid?.()}:${process.getgid?.()}`],
    ...["--volume", `${at.folder}:${at.folder}:ro`, "--env", `PGSERVICEFILE=${folder}/service`],
    ...["--env", `PGPASSFILE=${folder}/pass`, "--entrypoint", name, image, `--dbname=service=${service}`, ...args],
  ]);
  return { code: code ?? -1, output: stdout + stderr };
}
