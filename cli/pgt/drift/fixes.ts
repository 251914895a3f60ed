/** What puts drift right, as an operator would type it. Pure. */

/** Reads what is stopped or gone, and deploys; `make up` does the same. */
export const byStart = "pgt start";

/** Asks the engine for all that the provider reads back, and changes in place what differs. */
export const byRefresh = "pulumi up --refresh";

/** Deploys: what is declared inside servers is looked at then, and put right. */
export const byUp = "pulumi up";

/** Runs a step of the last deployment again, with what it was given then. @param step the end of its URN, such as `acme-sql`. */
export function byStep(...steps: readonly string[]): string {
  return `pulumi up ${steps.map((step) => `--replace '**::${step}'`).join(" ")}`;
}

/** A container that was made by hand goes, with a checkpoint, and the program makes its own. Its data is in its volume. */
export function byReplacing(container: string): string {
  return `docker stop --time 120 ${container} && docker rm ${container}; then ${byStart}`;
}

/** A statement of the superuser's, in a session in which nothing counts that the tenant set. @param id of a tenant with a server of its own. */
export function bySql(id: string, statement: string, database = "postgres"): string {
  const where = database === "postgres" ? "" : ` --dbname=${shellQuoted(database)}`;
  return `pgt psql ${id} --superuser --${where} --command=${shellQuoted(statement)}`;
}

/** A command of the Docker CLI. */
export function byDocker(...args: readonly string[]): string {
  return ["docker", ...args.map((arg) => (/^[\w./=:@%+,-]+$/.test(arg) ? arg : shellQuoted(arg)))].join(" ");
}

/** A name in SQL. */
export function sqlIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
