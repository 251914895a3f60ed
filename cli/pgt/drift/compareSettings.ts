import type { DeployedServer, SeenServer } from "./compareServer.ts";
import type { Drift } from "./drift.ts";
import { bySql, byStep, sqlIdentifier } from "./fixes.ts";

/** What initdb writes into postgresql.conf. */
const fromInitdb = [
  "DateStyle",
  "TimeZone",
  "default_text_search_config",
  "dynamic_shared_memory_type",
  "lc_messages",
  "lc_monetary",
  "lc_numeric",
  "lc_time",
  "log_timezone",
  "max_wal_size",
  "min_wal_size",
];

/** The disk guard's, which looks after it by itself. */
const guards = "default_transaction_read_only";

/** Where the statements of a deployment note who is let in. */
const allowNote = "pgtenants.allow";

/** Settings held against those that were deployed. Those that a tenant makes for its own role or database are its own. Pure. */
export function compareSettings(deployed: DeployedServer, seen: SeenServer): Drift[] {
  return [...compareAltered(deployed, seen), ...compareWritten(deployed, seen), ...compareRoleSettings(deployed, seen)];
}

function compareAltered({ id, spec }: DeployedServer, { cluster: { altered } }: SeenServer): Drift[] {
  const deployed: Readonly<Record<string, string>> = { ...spec.settings, [allowNote]: listText(spec.access.allow) };
  const names = [...new Set([...Object.keys(deployed), ...Object.keys(altered)])].filter(
    (name) => name !== guards && spec.declared?.settings[name] === undefined,
  );
  return names.sort().flatMap((name): Drift[] => {
    const [found, expected] = [altered[name], deployed[name]];
    if (found === expected) return [];
    return [
      {
        subject: id,
        kind: "setting",
        found: found === undefined ? `${name} is not set` : `${name} = ${found}`,
        expected: expected ?? "not set",
        fix: byStep(`${id}-sql`),
      },
    ];
  });
}

/** A list as PostgreSQL writes JSON. */
function listText(list: readonly string[]): string {
  return `[${list.map((element) => JSON.stringify(element)).join(", ")}]`;
}

/** What counts on the server's command line is not in force there, and so not here. */
function compareWritten({ id, container }: DeployedServer, { cluster: { written }, takenOver }: SeenServer): Drift[] {
  if (takenOver) return [];
  const further = Object.entries(written).filter(([name]) => !fromInitdb.includes(name));
  return further.map(([name, value]) => {
    const remove = `docker exec ${container} sed -i -E '/^[[:space:]]*${name}[[:space:]=]/d' /var/lib/postgresql/18/docker/postgresql.conf`;
    return {
      subject: id,
      kind: "setting-file",
      found: `${name} = ${value ?? ""}`,
      expected: "not set",
      fix: `${remove} && ${bySql(id, "SELECT pg_reload_conf()")}`,
    };
  });
}

function compareRoleSettings(deployed: DeployedServer, { cluster, takenOver }: SeenServer): Drift[] {
  if (takenOver) return [];
  const { id, spec, sharing = [] } = deployed;
  const former = cluster.roles.filter(({ formerOwner }) => formerOwner).map(({ name }) => name);
  // A tenant on an instance may set for its role what the deployment sets there, and more.
  const declared = spec.declared?.roles.map(({ name }) => name) ?? [];
  const own = new Set([spec.owner, ...declared, ...former, ...sharing.map(({ role }) => role)]);
  const foreign = cluster.roleSettings.filter(({ role, databaseOwner, context }) => {
    const mayMake = role === null ? databaseOwner !== null && own.has(databaseOwner) : own.has(role);
    return !mayMake || context === "superuser" || context === "superuser-backend";
  });
  return foreign.map(({ role, database, setting, value }) => {
    const which = [role === null ? "" : `role ${role}`, database === null ? "" : `database ${database}`];
    const where = which.filter((part) => part !== "").join(" in ");
    return {
      subject: id,
      kind: "role-setting",
      found: `${setting} = ${value} for ${where === "" ? "all roles" : where}`,
      expected: "not set",
      fix: bySql(id, reset(role, database, setting)),
    };
  });
}

function reset(role: string | null, database: string | null, setting: string): string {
  // A setting's name is given in quotes too, part by part where it has two.
  const name = setting.split(".").map(sqlIdentifier).join(".");
  if (role === null && database !== null) return `ALTER DATABASE ${sqlIdentifier(database)} RESET ${name}`;
  const where = database === null ? "" : ` IN DATABASE ${sqlIdentifier(database)}`;
  return `ALTER ROLE ${role === null ? "ALL" : sqlIdentifier(role)}${where} RESET ${name}`;
}
