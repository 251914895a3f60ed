import type { Draft } from "./check.ts";
import type { Path, Problem } from "./issues.ts";
import { sameId } from "./names.ts";
import { formerIdsOf } from "./tenantDefaults.ts";

/** A removal is confirmed by the tenant's own id and a real date; a confirmation without a removal is a slip. */
export function removalsAreConfirmed({ tenants }: Draft): Problem[] {
  return tenants.flatMap(({ id = "", state, confirm }, index) => {
    const at = (field: string): Path => ["tenants", index, field];
    const reliesOn = [at("confirm"), at("state"), at("id")];
    const [date = "2026-11-21"] = /\d{4}-\d{2}-\d{2}/.exec(confirm ?? "")?.filter(isDate) ?? [];
    if (state === "removed") {
      if (confirm === `${id} ${date}`) return [];
      const line = `"confirm: ${id} ${date}", with today's date`;
      return confirm === undefined
        ? [{ path: at("state"), advice: `a confirmation beside it; write ${line}`, reliesOn }]
        : [{ path: at("confirm"), advice: `the id of this tenant and a date; to remove it, write ${line}`, reliesOn }];
    }
    if (confirm === undefined) return [];
    const advice = 'no confirmation, since the tenant stays; take it out, or write "state: removed"';
    return [{ path: at("confirm"), advice, reliesOn }];
  });
}

/** A restart without a backup is confirmed in the same words. Left over from an earlier one it does nothing. */
export function restartsAreConfirmed({ tenants }: Draft): Problem[] {
  return tenants.flatMap(({ id = "", confirmRestart }, index) => {
    if (confirmRestart === undefined) return [];
    const [date = "2026-11-21"] = /\d{4}-\d{2}-\d{2}/.exec(confirmRestart)?.filter(isDate) ?? [];
    if (confirmRestart === `${id} ${date}`) return [];
    const path: Path = ["tenants", index, "confirmRestart"];
    const advice = `the id of this tenant and a date; write "confirmRestart: ${id} ${date}", with today's date`;
    return [{ path, advice, reliesOn: [path, ["tenants", index, "id"]] }];
  });
}

/** Whether a text is a day that there is. */
export function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/**
 * A first id names a volume, and every earlier id an entry of the state: no other tenant may have one now, nor have had it. A tenant's own
 * id is among its earlier ones only as the first, when the tenant got it back.
 */
export function formerIdsAreFree({ tenants }: Draft): Problem[] {
  const holders = new Map<string, number>();
  for (const [index, { id }] of tenants.entries()) if (id !== undefined) holders.set(sameId(id), index);
  return tenants.flatMap((tenant, index) => {
    const formerIds = formerIdsOf(tenant);
    return formerIds.flatMap((former, place) => {
      const holder = holders.get(sameId(former));
      if (holder === undefined) {
        holders.set(sameId(former), index);
        return [];
      }
      const gotBack = former === tenant.id && place === 0 && formerIds.length > 1;
      if (gotBack) return [];
      const field: Path = ["tenants", index, "renamedFrom"];
      const path = typeof tenant.renamedFrom === "string" ? field : [...field, place];
      const advice =
        holder === index
          ? `an earlier id of this tenant, ${former === tenant.id ? "not the one that it has" : "each once"}; take it out`
          : `an id that no other tenant has or had: tenants[${holder}] does; if it was this tenant's, rename or remove that one, if not, take it out here`;
      return [{ path, advice, reliesOn: [path] }];
    });
  });
}

/** Two servers on one volume destroy it. */
export function volumesAreUnique({ tenants }: Draft): Problem[] {
  const holders = new Map<string, number>();
  return tenants.flatMap(({ volume }, index) => {
    if (volume === undefined) return [];
    const holder = holders.get(volume);
    holders.set(volume, holder ?? index);
    if (holder === undefined) return [];
    const advice = `a volume of its own: tenants[${holder}] has this one; take it out of one of the two`;
    return [{ path: ["tenants", index, "volume"], advice }];
  });
}

/** What a tenant begins with is another one's past. Whether that one is there is asked where the tenant is made: later it may go. */
export function clonesAreOfOthers({ tenants }: Draft): Problem[] {
  return tenants.flatMap(({ id, from }, index) => {
    if (from?.clone === undefined || from.clone !== id) return [];
    const path: Path = ["tenants", index, "from", "clone"];
    const advice = "the id of another tenant; pgt restore brings a tenant's own past back";
    return [{ path, advice, reliesOn: [path, ["tenants", index, "id"]] }];
  });
}

/** What goes by itself takes its data with it: it holds none that was there before, and nobody confirms its end. */
export function ephemeralsAreNew({ tenants }: Draft): Problem[] {
  return tenants.flatMap((tenant, index) => {
    if (tenant.ephemeral === undefined) return [];
    const at = (field: string): Path => ["tenants", index, field];
    const kept = (["renamedFrom", "volume"] as const).filter((field) => tenant[field] !== undefined);
    const fields = [...kept, ...(tenant.state === "removed" ? (["state"] as const) : [])];
    return fields.map((field) => ({
      path: at(field),
      advice: "a new tenant, since ephemeral deletes its data in the end; take this or ephemeral out",
      reliesOn: [at(field), at("ephemeral")],
    }));
  });
}
