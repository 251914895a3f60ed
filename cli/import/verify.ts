import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pgpassLine, pgServiceSection } from "../../components/connectionStrings.ts";
import { OperatorError } from "../operatorError.ts";
import { ask, findPsql } from "../psql.ts";

/** A connection string of pgs, in parts, and where it leads now. */
export interface OldConnection {
  readonly id: string;
  readonly host: string;
  /** The router's address; what DNS says of the host is not what is tested. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Secret. */
  readonly password: string;
  readonly database: string;
}

/** Logs in as pgs's clients do: through the router, with `sslmode=require`. @throws OperatorError with psql's words. */
export async function logIn({ id, host, address, port, user, password, database }: OldConnection): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "pgtenants-import-"));
  try {
    const [serviceFile, passfile] = [join(folder, "service"), join(folder, "pass")];
    const login = { user, dbname: database, sslmode: "require", passfile };
    writeFileSync(serviceFile, pgServiceSection(id, { host, hostaddr: address, port: String(port), ...login }));
    writeFileSync(passfile, `${pgpassLine(["*", "*", "*", "*", password])}\n`, { mode: 0o600 });
    // With sslmode=require no certificate is verified, so any psql that names the server will do.
    const answer = await ask(await findPsql(serviceFile, true), serviceFile, id);
    if (answer.kind === "answered") return;
    throw new OperatorError(
      `${id}: ${user} at ${host} cannot log in as before: ${answer.kind === "failed" ? answer.reason : answer.kind}`,
      "pgt doctor says more; mend that and import again, which goes on with it",
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
