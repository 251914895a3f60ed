import { readFileSync } from "node:fs";
import { superuserArguments } from "../../../components/superuserSession.ts";
import { removeEntry } from "../../../tenants/edit.ts";
import type { SharedTenant } from "../../../tenants/sharedTenant.ts";
import { dockerReading } from "../../engine.ts";
import { OperatorError } from "../../operatorError.ts";
import { expectTyped } from "../ask.ts";
import { applyChange, tryEdit } from "../change.ts";
import type { Context } from "../context.ts";
import { removePassword } from "../passwords.ts";
import { listedHere } from "../tenants.ts";

const statements = new URL("../purge-shared.sql", import.meta.url);

/**
 * Deletes what instances keep of a removed tenant for good, and then its entry. @returns false where no instance has anything of such a tenant,
 * and nothing was asked or changed. @throws OperatorError where it is not removed.
 */
export async function purgeShared(context: Context, id: string, confirm: string | undefined): Promise<boolean> {
  const { servers, shared, beside } = listedHere(context.config);
  const tenant = shared.find((one) => one.id === id);
  const server = servers.find((one) => one.id === id);
  // What is kept of a move is not for this, and what a removed server keeps comes first.
  if (beside.shared.some((one) => one.id === id) || server?.state === "removed") return false;
  if (tenant !== undefined && tenant.state !== "removed")
    throw new OperatorError(
      `${id} is ${tenant.state}, expected a removed tenant; nothing was changed`,
      `pgt remove ${id}, then again`,
    );
  const instances = servers
    .filter(({ instance, state }) => instance === true && state === "running")
    .map((one) => one.id);
  const place = tenant?.instance ?? instances.find((instance) => keeps(context, instance, id));
  if (place === undefined) return false;
  const other =
    server === undefined ? "" : ` It is of an earlier tenant ${id}: the one that runs has a server of its own.`;
  const question = `Delete the data of ${id} on ${place} for good?${other} Backups of ${place} hold it until they are deleted.`;
  const typed = server === undefined ? id : `${place}/${id}`;
  if (!(context.yes && confirm === typed)) await expectTyped(question, typed, `--yes --confirm ${typed}`);
  if (tenant !== undefined) tryEdit(context, (text) => removeEntry(text, id));
  context.report({ event: "note", message: `${id}: ${deleted(context, place, tenant?.origin ?? id)}` });
  if (tenant !== undefined) await takeOut(context, tenant);
  return true;
}

function keeps({ config }: Context, instance: string, id: string): boolean {
  const asked =
    "SELECT count(*) FROM pg_roles WHERE CASE WHEN shobj_description(oid, 'pg_authid') LIKE 'pgtenants: shared {%' " +
    "THEN substr(shobj_description(oid, 'pg_authid'), 19)::jsonb->>'key' = :'key' END";
  return psql(config.names.tenant(instance), id, asked) !== "0";
}

/** Deletes what an instance keeps of a tenant, by its first id, and says what became of it. @throws OperatorError where its role may log in. */
export function deleted({ config }: Context, instance: string, key: string): string {
  const outcome = psql(config.names.tenant(instance), key, readFileSync(statements, "utf8"));
  if (outcome.endsWith("open"))
    throw new OperatorError(`the removal of ${key} is not deployed yet; nothing was changed`, "pgt start, then again");
  return outcome.endsWith("none") ? `${instance} had nothing of it any more` : `what ${instance} kept of it is deleted`;
}

function psql(container: string, key: string, sql: string): string {
  const quiet = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", `--set=key=${key}`, "--file=-"];
  return dockerReading(sql, ["exec", "--interactive", ...superuserArguments(), container, "psql", ...quiet]);
}

async function takeOut(context: Context, { id, password }: SharedTenant): Promise<void> {
  await applyChange(context, {
    command: `pgt purge ${id}`,
    edit: (text) => removeEntry(text, id),
    ...(password === "custom" ? { configure: () => removePassword(context, id) } : {}),
  });
}
