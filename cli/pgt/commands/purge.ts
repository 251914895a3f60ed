import { areBackupsOf, isOwnedBy } from "../../../components/names.ts";
import { volumeOf } from "../../../components/transitions.ts";
import { removeEntry } from "../../../tenants/edit.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { docker } from "../../engine.ts";
import { OperatorError } from "../../operatorError.ts";
import { expectTyped } from "../ask.ts";
import { applyChange, tryEdit } from "../change.ts";
import type { Context } from "../context.ts";
import { tenantVolumes, usersOf, volumeLabels } from "../engine.ts";
import { lockFile } from "../fileLock.ts";
import { heldVolumes } from "../heldVolumes.ts";
import { removePassword } from "../passwords.ts";
import { listedTenants } from "../tenants.ts";
import { purgeShared } from "./purgeShared.ts";

/** What is to be deleted. */
interface Kept {
  /** Its entry, where the file still has one. */
  readonly tenant: Tenant | undefined;
  /** The id that the volume is labelled with. */
  readonly origin: string;
  readonly volume: string;
}

/**
 * Deletes the data of a removed tenant for good: its volume and that of its backups go from the engine, and then its entry out of the file, which leads to the volume of
 * a renamed one for as long as there is one. A volume that was taken over is not ours to delete.
 * @param confirm the id again, which together with --yes stands for typing it.
 */
export async function purge(context: Context, id: string, confirm: string | undefined): Promise<void> {
  if (!context.deploy)
    throw new OperatorError("got --no-deploy, expected a deployment before data is deleted", "leave it out");
  if (await purgeShared(context, id, confirm)) return;
  const kept = keptData(context, id);
  const question = {
    ours: `Delete the data of ${id} for good? Volume ${kept.volume} goes, and its backups with it; nothing brings it back.`,
    foreign: `Take ${id} out of the file? Volume ${kept.volume} was not made by pgtenants and stays; backups of it go.`,
    gone: `Take ${id} out of the file? Its volume ${kept.volume} is gone already; backups of it go.`,
  }[ownership(context, kept)];
  if (!(context.yes && confirm === id)) await expectTyped(question, id, `--yes --confirm ${id}`);

  const edit = (text: string) => removeEntry(text, id);
  const release = lockFile(context.config.tenantsFile, `pgt purge ${id}`);
  try {
    if (kept.tenant !== undefined) tryEdit(context, edit);
    // Looked at again: the question took its time.
    const again = keptData(context, id);
    context.report({ event: "note", message: `${id}: ${deleteOurs(again.volume, ownership(context, again))}` });
    const backups = deleteBackups(context, again.origin);
    if (backups !== undefined) context.report({ event: "note", message: `${id}: ${backups}` });
  } finally {
    release();
  }
  if (kept.tenant === undefined) return;
  const custom = kept.tenant.password === "custom";
  await applyChange(context, {
    command: `pgt purge ${id}`,
    edit,
    ...(custom ? { configure: () => removePassword(context, id) } : {}),
  });
}

function deleteOurs(volume: string, ownership: Ownership): string {
  switch (ownership) {
    case "ours":
      docker("volume", "rm", volume);
      return `volume ${volume} is deleted`;
    case "foreign":
      return `volume ${volume} was not made by pgtenants and stays; docker volume rm ${volume} deletes it`;
    case "gone":
      return `volume ${volume} was gone already`;
    default:
      return ownership satisfies never;
  }
}

/** Their key goes with the tenant's last deployment, so that nobody could read them. */
function deleteBackups({ config, stack }: Context, origin: string): string | undefined {
  const volume = config.names.backups(origin);
  const labels = volumeLabels(volume);
  if (labels === undefined) return undefined;
  if (!areBackupsOf(stack, origin, labels))
    return `volume ${volume} was not made by pgtenants and stays; docker volume rm ${volume} deletes it`;
  docker("volume", "rm", volume);
  return `its backups, volume ${volume}, are deleted`;
}

function keptData({ config, stack }: Context, id: string): Kept {
  const tenants = listedTenants(config);
  const held = heldVolumes(config.folder, stack);
  const tenant = tenants.find((candidate) => candidate.id === id);
  if (tenant !== undefined) {
    if (tenant.state === "removed") {
      const volume = volumeOf(tenant, config.names);
      refuseHeldVolume(volume, held, "its removal is not deployed yet: pgt start, then again");
      return { tenant, origin: tenant.origin, volume };
    }
    throw new OperatorError(
      `${id} is ${tenant.state}, expected a removed tenant; nothing was changed`,
      `pgt remove ${id}, then again`,
    );
  }
  const renamed = tenants.find(({ formerIds }) => formerIds.includes(id));
  if (renamed !== undefined) {
    throw new OperatorError(
      `the data of ${id} is that of ${renamed.id}, its name now; nothing was changed`,
      `pgt purge ${renamed.id}`,
    );
  }
  const volume = tenantVolumes(stack).find((candidate) => candidate.tenant === id);
  if (volume !== undefined) {
    refuseHeldVolume(
      volume.name,
      held,
      `put "- id: ${id}" back into the file; to delete it: pgt remove ${id}, then again`,
    );
    return { tenant: undefined, origin: id, volume: volume.name };
  }
  throw new OperatorError(`no data of a tenant "${id}" is kept here`, "pgt list --retired shows whose is");
}

/** Neither an entry that slipped out of the file nor one that was just edited makes data somebody's to delete. */
function refuseHeldVolume(volume: string, held: ReadonlyMap<string, string>, fix: string): void {
  const holder = held.get(volume);
  if (holder === undefined) return;
  throw new OperatorError(
    `volume ${volume} has the data of "${holder}", which is deployed and not removed; nothing was changed`,
    fix,
  );
}

type Ownership = "ours" | "foreign" | "gone";

/** Whose the volume is. @throws OperatorError when a container uses it. */
function ownership({ stack }: Context, { tenant, origin, volume }: Kept): Ownership {
  const users = usersOf(volume);
  if (users.length > 0) {
    const fix = "pgt start makes what the file says so; stop what is not ours yourself";
    throw new OperatorError(`volume ${volume} is in use by ${users.join(", ")}; nothing was changed`, fix);
  }
  const labels = volumeLabels(volume);
  if (labels === undefined) return "gone";
  return tenant?.adoptedVolume === undefined && isOwnedBy(stack, origin, labels) ? "ours" : "foreign";
}
