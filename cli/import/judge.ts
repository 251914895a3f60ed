import { type ClusterLook, isPasswordOf, ownedIn } from "./clusterLook.ts";
import type { PgsTenant } from "./readPgs.ts";

/** What to look for in a cluster, and what to say of the names that are found. */
type Rule = readonly [find: (look: ClusterLook) => readonly string[], say: (names: string) => string];

const standsAgainst: readonly Rule[] = [
  [
    ({ cluster }) => cluster.taken,
    (names) =>
      `the role ${names}, expected none of this name, which the superuser gets; rename it: ALTER ROLE … RENAME TO …`,
  ],
  [
    ({ cluster }) => cluster.slots,
    (names) =>
      `the replication slots ${names}, expected none: nobody reads them any more, and they would fill the disk; drop them: pg_drop_replication_slot`,
  ],
  [
    ({ cluster }) => cluster.subscriptions,
    (names) => `the subscriptions ${names}, expected none: a tenant reaches no other server; drop them`,
  ],
  [
    ({ cluster }) => cluster.tablespaces,
    (names) =>
      `the tablespaces ${names}, expected none: they are outside the volume; move what is in them: ALTER … SET TABLESPACE pg_default`,
  ],
  [
    inAll("untrusted"),
    (names) => `functions that can do what the server can, ${names}, expected them in extensions only; drop them`,
  ],
];

const changes: readonly Rule[] = [
  [
    ({ cluster }) => cluster.powerful,
    (names) => `not superusers any more, nor allowed to make roles, databases or replicas: ${names}`,
  ],
  [
    ({ cluster }) => cluster.altered,
    (names) => `settings by ALTER SYSTEM go: ${names}; tenants.yaml has fields for those that it allows`,
  ],
  [inAll("stays"), (names) => `stays with the superuser: ${names}`],
  [inAll("definers"), (names) => `SECURITY DEFINER functions run as the tenant: ${names}`],
  [inAll("policed"), (names) => `row level security is forced, and holds for the tenant: ${names}`],
];

/** Why a cluster cannot be taken over as it is, each with what to do; empty when it can. */
export function refusalsOf({ user, password, database }: PgsTenant, look: ClusterLook): string[] {
  const { verifier, databases } = look.cluster;
  const found = told(standsAgainst, look).map((line) => `got ${line}`);
  if (!isPasswordOf(verifier, user, password))
    found.push(
      `got another password in docker-compose.yml than ${user} has, expected the same; correct POSTGRES_PASSWORD, or ` +
        `set it: ALTER ROLE ${user} PASSWORD …`,
    );
  if (!databases.includes(database))
    found.push(
      `got the databases ${databases.join(", ")}, expected ${database} among them, as docker-compose.yml says`,
    );
  return found;
}

/** What changes for a tenant; see docs/import-pgs.md. */
export function changesFor(look: ClusterLook): string[] {
  const strays = ownedIn(look, look.cluster.own);
  const move = `${strays} in the database postgres, where tenants cannot connect; move them with pg_dump before`;
  return [...told(changes, look), ...(strays === "" ? [] : [move])];
}

/** Where indexes may not be in the order of their text, under the C library of the server that was asked. @param container the tenant's. */
export function collationWarnings({ databases }: ClusterLook, container: string): string[] {
  const changed = [...databases].filter(([, { collations }]) => collations.length > 0);
  return changed.map(([name, { collations }]) => {
    const database = `"${name.replaceAll('"', '""')}"`;
    return (
      `text in ${name} was sorted by another version of the C library (${collations.join(", ")}), and indexes on it may miss rows: ` +
      `docker exec -it ${container} psql, then \\c ${database}, REINDEX DATABASE ${database}, ALTER DATABASE ${database} REFRESH COLLATION VERSION, ` +
      "and ALTER COLLATION … REFRESH VERSION for those with a name"
    );
  });
}

function told(rules: readonly Rule[], look: ClusterLook): string[] {
  return rules.flatMap(([find, say]) => {
    const names = find(look);
    return names.length === 0 ? [] : [say(names.join(", "))];
  });
}

/** What is found in each of the databases that users made. */
function inAll(kind: "untrusted" | "stays" | "definers" | "policed"): Rule[0] {
  return ({ cluster, databases }) =>
    cluster.databases.flatMap((name) => (databases.get(name)?.[kind] ?? []).map((what) => `${what} in ${name}`));
}
