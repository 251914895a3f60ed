import { spawnSync } from "node:child_process";
import { superuserEnvironment } from "../../components/superuserSession.ts";
import { OperatorError } from "../operatorError.ts";
import { type ClusterLook, parseCluster, parseDatabase } from "./clusterLook.ts";
import { keepConnecting } from "./handOverSql.ts";
import { lookAtCluster, lookAtDatabase } from "./lookSql.ts";

/** A server in a container, and its superuser, whom it lets in over its socket. */
export interface Server {
  readonly container: string;
  readonly superuser: string;
}

const plain = ["--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"];

/** Runs SQL as the superuser and gives what it printed. `variables` are psql's, and no secrets. @throws OperatorError with psql's words. */
export function runSql(
  { container, superuser }: Server,
  database: string,
  sql: string,
  variables: Readonly<Record<string, string>> = {},
): string {
  // psql would take an argument with "=" in it for a connection string.
  const environment = { PGUSER: superuser, PGDATABASE: database, ...superuserEnvironment() };
  const exported = Object.entries(environment).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  const given = Object.entries(variables).map(([name, value]) => `--set=${name}=${value}`);
  const args = ["exec", "--interactive", ...exported, container, "psql", ...plain, ...given, "--file=-"];
  const { status, stdout, stderr, error } = spawnSync("docker", args, { encoding: "utf8", input: sql });
  if (status === 0) return stdout.trim();
  throw new OperatorError(
    `${container}, database ${database}: ${error?.message ?? stderr.trim()}`,
    "mend that and import again",
  );
}

/** Lets other roles of pgs go on logging in; see keepConnecting. */
export function keepLogins(server: Server, database: string): void {
  runSql(server, database, keepConnecting, { database });
}

/** What a cluster says of itself and of each database. Writes nothing. @param database one that is there. @throws OperatorError. */
export function lookAt(server: Server, database: string): ClusterLook {
  const cluster = parseCluster(runSql(server, database, lookAtCluster));
  const databases = [...cluster.databases, ...cluster.own].map(
    (name) => [name, parseDatabase(runSql(server, name, lookAtDatabase))] as const,
  );
  return { cluster, databases: new Map(databases) };
}
