import { previousOf, removal, type Transition, volumeOf } from "./transitions.ts";

/**
 * What becomes of data that is there, judged by the names of the volumes on the engine. Pure.
 */

/**
 * Tenants whose volume the engine does not have any more, such as after `docker volume prune`, which takes those of stopped tenants. The
 * engine would make an empty one for them, and they would be up again without their data.
 */
export function lostVolumes(
  { listed, last }: Pick<Transition, "listed" | "last">,
  there: ReadonlySet<string>,
): string[] {
  return listed.flatMap((tenant) => {
    const { id, state } = tenant;
    const { volume, until } = previousOf(tenant, last) ?? {};
    if (state === "removed" || volume === undefined || there.has(volume)) return [];
    // What goes by itself has no copies, and begins empty: all others wait for the deployment.
    if (until !== undefined) return [];
    return [
      `Docker engine: got no volume ${volume}, expected it, with the data of "${id}"; bring it back from a copy, ` +
        `or, to begin with an empty one, remove "${id}" and add it again: pgt remove ${id}, pgt purge ${id}, pgt create ${id}`,
    ];
  });
}

/**
 * Removed tenants that vanished while their data is kept in a volume of another name than theirs: they were renamed, and nothing but their
 * entry leads back to it. Whoever put the id back would get an empty database.
 */
export function orphanedVolumes(
  { listed, last, names, tenantsFile, deletionProtection, now }: Transition,
  there: ReadonlySet<string>,
): string[] {
  if (!deletionProtection) return [];
  const held = new Set(listed.map((tenant) => volumeOf(tenant, names)));
  return [...last].flatMap(([id, { state, volume }]) => {
    const renamed = volume?.startsWith(names.tenant("")) === true && volume !== names.tenant(id);
    if (state !== "removed" || !renamed || held.has(volume) || !there.has(volume)) return [];
    return [
      `${tenantsFile}: got a list without "${id}", expected its entry for as long as its data is kept: the volume ${volume} has the name of ` +
        `its first id, and only the entry leads there; put back "- ${removal(volume, id, names, now)}", or delete the data: pgt purge ${id}`,
    ];
  });
}

/** Tenants that are new to the stack, and whose name a kept volume has: they begin with its data. One line each, to be told. */
export function takenOver(
  { listed, last, names }: Pick<Transition, "listed" | "last" | "names">,
  there: ReadonlySet<string>,
): string[] {
  return listed.flatMap((tenant) => {
    const volume = volumeOf(tenant, names);
    const isNew = tenant.adoptedVolume === undefined && previousOf(tenant, last)?.volume === undefined;
    // Data that is kept is never an ephemeral tenant's: see overKeptData.
    if (!isNew || tenant.lifeSeconds !== undefined || !there.has(volume)) return [];
    return [
      `"${tenant.id}" takes over the kept volume ${volume}, with all data of the tenant that had it; for an empty one, first: pgt purge ${tenant.id}`,
    ];
  });
}

/**
 * Removed tenants that leave the list while their backups are kept: the key to those is in the state alone, and goes with the entry. One line
 * each, to be told.
 */
export function unreadableBackups(
  { listed, last, names, now }: Pick<Transition, "listed" | "last" | "names" | "now">,
  there: ReadonlySet<string>,
): string[] {
  const known = new Set(listed.flatMap(({ id, formerIds }) => [id, ...formerIds]));
  const prefix = names.tenant("");
  return [...last].flatMap(([id, { state, volume = names.tenant(id), instance }]) => {
    const backups = names.backups(volume.startsWith(prefix) ? volume.slice(prefix.length) : id);
    if (state !== "removed" || known.has(id) || !there.has(backups)) return [];
    return [
      `"${id}" leaves the list, and with it the key to its backups in the volume ${backups}: nobody can read them any more; ` +
        `to keep them, put back "- ${removal(volume, id, names, now)}"${instance === true ? " under instances" : ""}`,
    ];
  });
}
