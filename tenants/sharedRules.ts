import type { Draft } from "./check.ts";
import type { Path, Problem } from "./issues.ts";
import { opaqueName } from "./names.ts";
import { placesOf } from "./secondPlace.ts";
import { isShared } from "./sharedDefaults.ts";
import { formerIdsOf } from "./tenantDefaults.ts";
import { closest, either, quoted } from "./text.ts";

/** What an instance has once for all its tenants, or what needs a server of its own. */
const NOT_SHARED = [
  "memory",
  "cpuShares",
  "sharedBuffers",
  "disk",
  "backup",
  "from",
  "ephemeral",
  "volume",
  "confirmRestart",
  "tempFileLimit",
] as const;

/** What only a server of its own can hold a tenant to, or have inside. */
const DEDICATED_ONLY = [
  "lockTimeout",
  "readOnly",
  "allowDdl",
  "databases",
  "roles",
  "extensions",
  "schemas",
  "settings",
] as const;

/** A tenant that shares says with whom, and one that does not says nothing of it. */
export function instancesAreNamed({ tenants, instances }: Draft): Problem[] {
  const known = instances.flatMap(({ id }) => id ?? []);
  return tenants.flatMap((tenant, index): Problem[] => {
    const at = (field: string): Path => ["tenants", index, field];
    const { isolation = "dedicated", instance } = tenant;
    const reliesOn = [at("isolation"), at("instance"), ["instances"]];
    if (isolation === "dedicated") {
      if (instance === undefined) return [];
      const advice =
        'no instance, since the tenant has a server of its own; take it out, or write "isolation: database"';
      return [{ path: at("instance"), advice, reliesOn }];
    }
    if (instance === undefined) {
      const advice = `an instance beside it; write "instance: ${known[0] ?? "shared-1"}"`;
      return [{ path: at("isolation"), advice, reliesOn }];
    }
    if (known.includes(instance)) return [];
    const meant = closest(instance, known);
    const add = `add "- id: ${instance}" under instances`;
    const fix = meant === undefined ? add : `did you mean "${meant}"?`;
    const advice =
      known.length === 0 ? `the id of an instance; ${add}` : `the id of an instance: ${either(known)}; ${fix}`;
    return [{ path: at("instance"), advice, reliesOn }];
  });
}

/** A tenant on an instance has no server of its own to set. */
export function sharedFieldsFit({ tenants }: Draft): Problem[] {
  return tenants.flatMap((tenant, index): Problem[] => {
    if (!isShared(tenant)) return [];
    const at = (field: string): Path => ["tenants", index, field];
    const refused = (field: string, advice: string): Problem => ({
      path: at(field),
      advice,
      reliesOn: [at(field), at("isolation")],
    });
    const instance = quoted(tenant.instance ?? "its instance");
    const once = `nothing here: ${instance} has this for all its tenants; take it out, set it under instances, or write "isolation: dedicated"`;
    const alone =
      'nothing here: only a tenant with a server of its own has this; take it out, or write "isolation: dedicated"';
    const tls = 'where the tenant has no server of its own, "terminate"; take it out, or write "isolation: dedicated"';
    const tier = 'where the tenant shares a server, "standard"; take it out, or write "isolation: dedicated"';
    const database = `nothing here: tenants with a schema each are in one database; take it out, or write "isolation: database"`;
    return [
      ...NOT_SHARED.filter((field) => tenant[field] !== undefined).map((field) => refused(field, once)),
      ...DEDICATED_ONLY.filter((field) => tenant[field] !== undefined).map((field) => refused(field, alone)),
      ...(tenant.tls === "passthrough" ? [refused("tls", tls)] : []),
      ...(tenant.tier === "production" ? [refused("tier", tier)] : []),
      ...(tenant.isolation === "schema" && tenant.database !== undefined ? [refused("database", database)] : []),
      ...ownNames(tenant).map(([field, name]) =>
        refused(
          field,
          `a name that does not begin with "pgtenants": ${quoted(name)} could be one of ours; choose another`,
        ),
      ),
    ];
  });
}

function ownNames({ user, database }: Draft["tenants"][number]): [string, string][] {
  const names = [["user", user] as const, ["database", database] as const];
  return names.flatMap(([field, name]): [string, string][] =>
    name?.startsWith("pgtenants") === true ? [[field, name]] : [],
  );
}

/** A copy of an instance would hold everybody's data, and be one tenant's; and there is no backup of one tenant on it alone. */
export function clonesAreOfServers({ tenants, instances }: Draft): Problem[] {
  const ids = new Set(instances.map(({ id }) => id));
  const sharing = new Set(tenants.filter(isShared).map(({ id }) => id));
  return tenants.flatMap(({ from }, index): Problem[] => {
    const source = from?.clone;
    if (source === undefined || !(ids.has(source) || sharing.has(source))) return [];
    const path: Path = ["tenants", index, "from", "clone"];
    const advice = `the id of a tenant with a server of its own; a dump takes one along: pgt dump ${ids.has(source) ? "<id>" : source}, and then "from: { import: ./that.dump }"`;
    return [{ path, advice, reliesOn: [path, ["instances"], ["tenants", index, "from"]] }];
  });
}

/** Roles and databases of one server have names of their own, those of earlier ids included: they stay. */
export function sharedNamesAreUnique({ tenants }: Draft): Problem[] {
  const holders = new Map<string, number>();
  return tenants.flatMap((tenant, index) =>
    placesOf(tenant).flatMap((place, second): Problem[] => {
      if (!isShared(place) || place.instance === undefined) return [];
      const own = opaqueName(formerIdsOf(place)[0] ?? place.id ?? "");
      const names = [
        ["user", place.user ?? own] as const,
        ...(place.isolation === "database" ? [["database", place.database ?? own] as const] : []),
      ];
      return names.flatMap(([field, name]): Problem[] => {
        const key = `${place.instance} ${field} ${name}`;
        const holder = holders.get(key);
        holders.set(key, holder ?? index);
        if (holder === undefined || place[field] === undefined) return [];
        const advice = `a name that nobody else has on ${quoted(place.instance ?? "")}: tenants[${holder}] has this one; choose another, or leave it out`;
        return [{ path: ["tenants", index, second === 0 ? field : "movingTo"], advice }];
      });
    }),
  );
}
