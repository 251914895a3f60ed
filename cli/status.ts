// Asks every tenant of a stack for its time, as a client does, and prints how to connect: node cli/status.ts <stack>
import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ConnectionPaths, renderPassFile, renderServiceFile } from "./connectionFiles.ts";
import { messageOf, OperatorError, reportErrors } from "./operatorError.ts";
import { ask, findPsql, forTerminal, type Psql } from "./psql.ts";
import { pulumi } from "./pulumi.ts";
import { allAnswered, renderStatus, type TenantStatus } from "./renderStatus.ts";
import { parseStackOutputs, type StackOutputs } from "./stackOutputs.ts";

/** As many at once as a small machine takes without the answers getting slower for it. */
const atOnce = 16;

await reportErrors(async () => {
  const stack = process.argv[2];
  if (stack === undefined) throw new OperatorError("no stack given", "node cli/status.ts <stack>");
  const outputs = parseStackOutputs(pulumi("stack", "output", "--stack", stack, "--json", "--show-secrets"));
  const paths = writeConnectionFiles(join(stateFolder(), "connect", stack), outputs);
  const psql = await findPsql(paths.serviceFile, typeof outputs.caCertificate === "string");
  const statuses = await askAll(outputs, psql, paths.serviceFile);
  process.stdout.write(`\n${renderStatus(statuses, paths.serviceFile, forTerminal(psql))}`);
  process.stdout.write(
    "Next: make shell, then pulumi stack output connectionStrings --show-secrets; README.md shows how to add a tenant.\n",
  );
  process.exitCode = allAnswered(statuses) ? 0 : 1;
});

function stateFolder(): string {
  const folder = process.env["PGTENANTS_STATE"] ?? "";
  if (folder === "") throw new OperatorError("PGTENANTS_STATE is not set", "make shell, and run it again there");
  return folder;
}

function writeConnectionFiles(folder: string, { connectionStrings, caCertificate }: StackOutputs): ConnectionPaths {
  const paths = {
    serviceFile: join(folder, "pg_service.conf"),
    passFile: join(folder, "pgpass"),
    caFile: join(folder, "ca.crt"),
  };
  const forms = Object.values(connectionStrings);
  const privateCa = typeof caCertificate === "string";
  const serviceFile = renderServiceFile(forms, paths, privateCa);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (privateCa) writeWhole(paths.caFile, caCertificate);
    writeWhole(paths.passFile, renderPassFile(forms));
    writeWhole(paths.serviceFile, serviceFile);
  } catch (error) {
    throw new OperatorError(`cannot write the connection files: ${messageOf(error)}`, `make ${folder} writable`);
  }
  return paths;
}

/** libpq refuses a password file that others may read, and a client may read at any moment. */
function writeWhole(path: string, text: string): void {
  const part = `${path}.${process.pid}`;
  writeFileSync(part, text, { mode: 0o600 });
  chmodSync(part, 0o600);
  renameSync(part, path);
}

async function askAll({ tenants }: StackOutputs, psql: Psql, serviceFile: string): Promise<TenantStatus[]> {
  const statuses: TenantStatus[] = [];
  const waiting = Object.entries(tenants).entries();
  const worker = async () => {
    for (const [position, [id, tenant]] of waiting) {
      const answer = tenant.state === "stopped" ? ({ kind: "stopped" } as const) : await ask(psql, serviceFile, id);
      statuses[position] = { id, tenant, answer };
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return statuses;
}
