import type { Draft } from "./check.ts";
import type { Path, Problem } from "./issues.ts";
import { isDate } from "./lifeRules.ts";
import { sqlName } from "./names.ts";
import { over, planNameOf, plansOf } from "./plans.ts";
import type { RoleEntry } from "./roleFields.ts";
import type { TenantEntry } from "./schema.ts";
import { formerIdsOf } from "./tenantDefaults.ts";
import { formatMiB, parseMiB } from "./units.ts";

type Entry = Partial<TenantEntry>;
type Check = (entry: Entry, at: Path, draft: Draft) => Problem[];

/** Something with a name, at its place in a list. */
interface Item {
  readonly path: Path;
  readonly entry: { readonly name: string; readonly ensure?: string; readonly confirm?: string };
}

const items = (list: readonly Item["entry"][] | undefined, at: Path): Item[] =>
  (list ?? []).map((entry, index) => ({ entry, path: [...at, index] }));

/** Every list of declared things in an entry, those inside of databases included. */
function lists(entry: Entry, at: Path): Item[][] {
  const inside = (entry.databases ?? []).flatMap((database, index) => [
    items(database.extensions, [...at, "databases", index, "extensions"]),
    items(database.schemas, [...at, "databases", index, "schemas"]),
  ]);
  const own = (["databases", "roles", "extensions", "schemas"] as const).map((field) =>
    items(entry[field], [...at, field]),
  );
  return [...own, ...inside];
}

/** The tenant's own role; undefined where its id was refused, too. */
export function ownerOf(entry: Entry): string | undefined {
  const origin = formerIdsOf(entry)[0] ?? entry.id;
  return entry.user ?? (origin === undefined ? undefined : sqlName(origin));
}

/** Its own database, in the same way. */
export function databaseOf(entry: Entry): string | undefined {
  const origin = formerIdsOf(entry)[0] ?? entry.id;
  return entry.database ?? (origin === undefined ? undefined : sqlName(origin));
}

const namesAreUnique: Check = (entry, at) =>
  lists(entry, at).flatMap((list) =>
    list.flatMap(({ entry: { name }, path }, index) => {
      const earlier = list.findIndex((other) => other.entry.name === name);
      return earlier === index
        ? []
        : [{ path: [...path, "name"], advice: "a name of its own in this list; take one of the two out" }];
    }),
  );

const ownNamesAreFree: Check = (entry, at) => {
  const owner = ownerOf(entry);
  const database = databaseOf(entry);
  const clash = (list: Item[], own: string | undefined, what: string, otherwise: string) =>
    list
      .filter(({ entry: { name } }) => name === own)
      .map(({ path }) => ({
        path: [...path, "name"],
        advice: `another name than that of the tenant's own ${what}; ${otherwise}`,
      }));
  return [
    ...clash(
      items(entry.databases, [...at, "databases"]),
      database,
      "database",
      "its extensions and schemas are fields of the entry itself",
    ),
    ...clash(items(entry.roles, [...at, "roles"]), owner, "role", "choose another one"),
  ];
};

/** A drop is confirmed by the thing's own name and a real date; a confirmation of what stays is a slip. */
const dropsAreConfirmed: Check = (entry, at) =>
  lists(entry, at)
    .flat()
    .flatMap(({ entry: { name, ensure, confirm }, path }) => {
      const [date = "2026-11-21"] = /\d{4}-\d{2}-\d{2}/.exec(confirm ?? "")?.filter(isDate) ?? [];
      const line = `"confirm: ${name} ${date}", with today's date`;
      if (ensure !== "absent") {
        const advice = 'no confirmation, since it stays; take it out, or write "ensure: absent"';
        return confirm === undefined ? [] : [{ path: [...path, "confirm"], advice }];
      }
      if (confirm === `${name} ${date}`) return [];
      return confirm === undefined
        ? [{ path: [...path, "ensure"], advice: `a confirmation beside it; write ${line}` }]
        : [{ path: [...path, "confirm"], advice: `its name and a date; to drop it, write ${line}` }];
    });

const present = (role: RoleEntry) => role.ensure !== "absent";

const membershipsLead: Check = (entry, at) => {
  const roles = entry.roles ?? [];
  const known = new Map(roles.filter(present).map((role) => [role.name, role]));
  const owner = ownerOf(entry);
  return roles.filter(present).flatMap((role) =>
    (role.inRoles ?? []).flatMap((name, place): Problem[] => {
      const path: Path = [...at, "roles", roles.indexOf(role), "inRoles", place];
      const group = known.get(name);
      if (group === undefined && name !== owner) {
        const others = [owner, ...known.keys()].filter((other) => other !== role.name).join(", ");
        return [
          {
            path,
            advice: `the tenant's own role, or one that is present under roles: ${others}; add "${name}" there, or take it out here`,
          },
        ];
      }
      if (reaches(name, role.name, known))
        return [{ path, advice: "no circle: that role is in this one; take one of the two memberships out" }];
      if (role.readOnly === true && group?.readOnly !== true)
        return [
          {
            path,
            advice: "another readOnly role: whoever is in one that writes can write; take it out, or take out readOnly",
          },
        ];
      return [];
    }),
  );
};

/** Whether a role is another one, or is in it by way of others. */
function reaches(
  from: string,
  to: string,
  known: ReadonlyMap<string, RoleEntry>,
  seen: readonly string[] = [],
): boolean {
  if (from === to) return true;
  if (seen.includes(from)) return false;
  return (known.get(from)?.inRoles ?? []).some((next) => reaches(next, to, known, [...seen, from]));
}

const ownersAreThere: Check = (entry, at) => {
  const owner = ownerOf(entry);
  const writers = (entry.roles ?? []).filter((role) => present(role) && role.readOnly !== true).map(({ name }) => name);
  const owned = [
    ...(entry.schemas ?? []).map((schema, index) => ({ schema, path: [...at, "schemas", index] })),
    ...(entry.databases ?? []).flatMap(({ schemas = [] }, database) =>
      schemas.map((schema, index) => ({ schema, path: [...at, "databases", database, "schemas", index] })),
    ),
  ];
  return owned
    .filter(({ schema }) => schema.owner !== undefined && schema.owner !== owner && !writers.includes(schema.owner))
    .map(({ path }) => ({
      path: [...path, "owner"],
      advice: `the tenant's own role, or one that is present under roles and not readOnly: ${[owner, ...writers].join(", ")}; write one of them`,
    }));
};

const valuesFit: Check = (entry, at, draft) => {
  const plan = plansOf(draft).get(planNameOf(entry, draft));
  if (plan === undefined) return [];
  const { maxConnections, memory } = over(plan, entry);
  const limits = (entry.roles ?? []).flatMap(({ connectionLimit = 0 }, index) =>
    connectionLimit <= maxConnections
      ? []
      : [
          {
            path: [...at, "roles", index, "connectionLimit"],
            advice: `at most the tenant's maxConnections, ${maxConnections}; write ${maxConnections} or less, or raise that`,
          },
        ],
  );
  const workMem = entry.settings?.["work_mem"];
  const most = Math.max(1, Math.floor(parseMiB(memory) / 4));
  const tooMuch = typeof workMem === "string" && parseMiB(workMem) > most;
  const advice = `at most a quarter of the memory of "${memory}"; write "${formatMiB(most)}" or less, or raise memory`;
  return [...limits, ...(tooMuch ? [{ path: [...at, "settings", "work_mem"], advice }] : [])];
};

const CHECKS: readonly Check[] = [
  namesAreUnique,
  ownNamesAreFree,
  dropsAreConfirmed,
  membershipsLead,
  ownersAreThere,
  valuesFit,
];

/** What entries declare inside of their servers goes together, and with the tenant's own role and database. */
export function declaredThingsFit(draft: Draft): Problem[] {
  return draft.tenants.flatMap((entry, index) => CHECKS.flatMap((check) => check(entry, ["tenants", index], draft)));
}
