import { addTenant, setField } from "../../../tenants/edit.ts";
import { parseRestoreTarget, targetForms } from "../../../tenants/fromFields.ts";
import { parseTenants } from "../../../tenants/load.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { formatMiB } from "../../../tenants/units.ts";
import { OperatorError } from "../../operatorError.ts";
import type { Backups } from "../backups.ts";
import { applyChange } from "../change.ts";
import type { Context } from "../context.ts";
import { containersOf } from "../engine.ts";
import { serverNamed, tenantNamed } from "../tenants.ts";
import { readBackups } from "./backup.ts";
import { pathFor } from "./importTenant.ts";

/** What a copy needs as much of as the tenant that it is one of, as fields of tenants.yaml. */
const sizes = {
  memory: ({ memoryMiB }: Tenant) => formatMiB(memoryMiB),
  sharedBuffers: ({ sharedBuffersMiB }: Tenant) => formatMiB(sharedBuffersMiB),
  disk: ({ diskMiB }: Tenant) => formatMiB(diskMiB),
  cpuShares: ({ cpuShares }: Tenant) => cpuShares,
  maxConnections: ({ maxConnections }: Tenant) => maxConnections,
};

/** What a copy is to hold less of. */
export interface Less {
  readonly schemaOnly?: boolean;
  /** A file with SQL; in the entry from the project's folder on. */
  readonly mask?: string;
}

/**
 * Makes a new tenant from another one's backups, beside it, as it was at a moment: as `from` of the new entry, so that the file says where it
 * comes from. The other one goes on.
 * @param at a target as `from.at` takes it.
 */
export async function clone(context: Context, id: string, newId: string, at: string, less: Less = {}): Promise<void> {
  const source = serverNamed(context.config, id);
  const container = context.config.names.tenant(id);
  if (containersOf(context.stack).get(container)?.state === "running") {
    refuseOutOfReach(id, at, await readBackups(container));
  }
  const { mask, ...rest } = less;
  const written = mask === undefined ? rest : { ...rest, mask: pathFor(context.config.folder, mask) };
  await applyChange(context, {
    command: `pgt clone ${id}`,
    edit: (text) => withClone(text, source, newId, at, context.config.tenantsFileName, written),
  });
  if (context.deploy) {
    context.report({ event: "note", message: `${newId} holds ${id} as of ${at}; compare: pgt psql ${newId}` });
  }
}

/** @throws OperatorError where {@link whyOutOfReach} knows why a target cannot be had. */
export function refuseOutOfReach(id: string, at: string, backups: Backups): void {
  const why = whyOutOfReach(at, backups, new Date());
  if (why === undefined) return;
  throw new OperatorError(`${id}: ${why}; nothing was changed`, `pgt backups ${id} shows what can be brought back`);
}

/** Why there is no restore to a target: in words; undefined where nothing speaks against it. What only WAL can tell is told by the restore. */
export function whyOutOfReach(at: string, { from, enabled, lastArchived }: Backups, now: Date): string | undefined {
  const target = parseRestoreTarget(at);
  if (target === undefined) return `got --to "${at}", expected ${targetForms}`;
  if (!enabled && target.type === "latest")
    return "its backups are off, so the latest one is not what it holds now; expected a time, or backup.enabled";
  if (target.type !== "time") return undefined;
  const time = new Date(target.value.replace(" ", "T").replace("+00", "Z"));
  const end = enabled ? now : lastArchived;
  if (from === undefined) return `got ${at}, and there is no backup yet, so that only "latest" can be had`;
  if (time < from) return `got ${at}, expected a time after ${from.toISOString()}, when the oldest backup ended`;
  if (end !== undefined && time > end) return `got ${at}, expected a time before ${end.toISOString()}`;
  return undefined;
}

/** The file with the new entry: of the same plan, and as large where the other one is larger or smaller than that. */
export function withClone(
  text: string,
  source: Tenant,
  newId: string,
  at: string,
  fileName: string,
  less: Less = {},
): string {
  const added = addTenant(text, { id: newId, plan: source.plan, from: { clone: source.id, at, ...less } });
  const made = tenantNamed(parseTenants(added, fileName), newId);
  return Object.entries(sizes).reduce((sofar, [field, size]) => {
    return size(source) === size(made) ? sofar : setField(sofar, newId, [field], size(source));
  }, added);
}
