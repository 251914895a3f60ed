import { tenantHost } from "../../components/names.ts";
import { OperatorError } from "../operatorError.ts";
import type { Context } from "../pgt/context.ts";
import { readStackConfig } from "../pgt/stackConfig.ts";
import { ownedIn } from "./clusterLook.ts";
import { handOverCluster, handOverDatabase } from "./handOverSql.ts";
import { collationWarnings } from "./judge.ts";
import type { PgsTenant } from "./readPgs.ts";
import { lookAt, runSql, type Server } from "./session.ts";
import { logIn, type OldConnection } from "./verify.ts";

/**
 * What is left to do for a tenant that is deployed: hand over what the superuser owned, in all databases, and log in as its clients do. May run
 * any number of times. @throws OperatorError, and the next import goes on here.
 */
export async function finishTenant(context: Context, pgs: PgsTenant): Promise<void> {
  const { id, user, database, access } = pgs;
  const server: Server = { container: context.config.names.tenant(id), superuser: "pgtenants" };
  const before = lookAt(server, database);
  const { databases } = before.cluster;
  runSql(server, database, handOverCluster, { owner: user });
  for (const name of databases) runSql(server, name, handOverDatabase, { owner: user });
  const left = ownedIn(lookAt(server, database), databases);
  if (left !== "")
    throw new OperatorError(`${id}: the superuser still owns ${left}`, "import again, which goes on with it");
  if (access) await logIn(connectionOf(context, pgs));

  for (const warning of collationWarnings(before, server.container))
    context.report({ event: "warning", message: `${id}: ${warning}` });
  const owned = ownedIn(before, databases);
  const handed = `handed over to ${user}: ${owned === "" ? "nothing was left to do" : owned}`;
  const proof = access ? "it logs in with its old connection string" : "no access from outside, as before";
  context.report({ event: "step", subject: id, step: `${handed}; ${proof}` });
}

/** The settings as they are now: the import may have set the domain and the port. */
function connectionOf({ stack }: Context, { id, user, password, database }: PgsTenant): OldConnection {
  const { domain, port, get } = readStackConfig(stack);
  const listens = get("listenAddress") ?? "*";
  const address = get("hostAddress") ?? (listens === "*" ? "127.0.0.1" : listens);
  return { id, host: tenantHost(id, domain), address, port, user, password, database };
}
