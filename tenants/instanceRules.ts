import type { Draft } from "./check.ts";
import type { Path, Problem } from "./issues.ts";
import { sameId } from "./names.ts";
import { placesOf } from "./secondPlace.ts";
import { isShared } from "./sharedDefaults.ts";
import { formerIdsOf } from "./tenantDefaults.ts";
import { quoted } from "./text.ts";

/** More servers than that do not fit one bridge: it has 1,023 ports, and from about 1,000 on the first ones stop answering. */
const MAX_SERVERS = 500;

/** Each has a pool process of its own in the instance's pooler, and a place among its ports. */
const MAX_PER_INSTANCE = 500;

/** Ids of instances are no tenant's, now or before, and each is there once: both name a container and a volume. */
export function instancesAreOwn({ tenants, instances }: Draft): Problem[] {
  const taken = new Map(
    tenants.flatMap((tenant, index) =>
      [tenant.id, ...formerIdsOf(tenant)].flatMap((id) =>
        id === undefined ? [] : [[sameId(id), `tenants[${index}]`]],
      ),
    ),
  );
  return instances.flatMap(({ id }, index): Problem[] => {
    if (id === undefined) return [];
    const holder = taken.get(sameId(id));
    taken.set(sameId(id), holder ?? `instances[${index}]`);
    if (holder === undefined) return [];
    const advice = `an id of its own: ${holder} has or had it, and case and "-" or "_" do not count; choose another one`;
    return [{ path: ["instances", index, "id"], advice, reliesOn: [] }];
  });
}

/** Whoever is on an instance would lose the data with it; and a removal is confirmed as a tenant's is. */
export function instancesStay({ tenants, instances }: Draft): Problem[] {
  return instances.flatMap(({ id = "", state, confirm }, index): Problem[] => {
    const at = (field: string): Path => ["instances", index, field];
    const users = tenants
      .filter((tenant) => placesOf(tenant).some((place) => place.instance === id && isShared(place)))
      .flatMap((tenant) => tenant.id ?? []);
    const [first] = users;
    if (state !== "removed") {
      if (confirm === undefined) return [];
      return [
        {
          path: at("confirm"),
          advice: "no confirmation, since the instance stays; take it out",
          reliesOn: [at("confirm"), at("state")],
        },
      ];
    }
    if (first !== undefined) {
      const advice = `an instance that nobody is on; ${quoted(first)} is; remove and purge them first`;
      return [{ path: at("state"), advice, reliesOn: [at("state"), ["tenants"]] }];
    }
    const [date = "2026-11-21"] = /\d{4}-\d{2}-\d{2}/.exec(confirm ?? "") ?? [];
    if (confirm === `${id} ${date}`) return [];
    const advice = `a confirmation beside it; write "confirm: ${id} ${date}", with today's date`;
    return [{ path: at(confirm === undefined ? "state" : "confirm"), advice, reliesOn: [at("confirm"), at("state")] }];
  });
}

/** How many servers a bridge takes, and how many tenants an instance. */
export function serversFit({ tenants, instances }: Draft): Problem[] {
  const servers = tenants.filter((tenant) => !isShared(tenant)).length + instances.length;
  const counts = Map.groupBy(tenants.filter(isShared), ({ instance }) => instance);
  const crowded = instances.flatMap(({ id }, index): Problem[] => {
    const count = counts.get(id)?.length ?? 0;
    if (count <= MAX_PER_INSTANCE) return [];
    const advice = `at most ${MAX_PER_INSTANCE} tenants on it, ${count} are; put some of them on another instance`;
    return [{ path: ["instances", index], advice }];
  });
  if (servers <= MAX_SERVERS) return crowded;
  const advice =
    `at most ${MAX_SERVERS} tenants with a server of their own, instances included, ${servers} are: as many as one bridge serves, ` +
    "since Linux gives it 1,023 ports, and near those the first ones stop answering; move some to a second stack, or let small ones share an instance";
  return [...crowded, { path: ["tenants"], advice }];
}
