// Asks every tenant of a stack for its time, as a client does, and prints how to connect: node cli/status.ts <stack>
import { askTenants } from "./askTenants.ts";
import { OperatorError, reportErrors } from "./operatorError.ts";
import { findPsql } from "./psql.ts";
import { pulumi } from "./pulumi.ts";
import { allAnswered, psqlLineFor, renderStatus } from "./renderStatus.ts";
import { parseStackOutputs } from "./stackOutputs.ts";
import { writeConnectionFiles } from "./writeConnectionFiles.ts";

await reportErrors(async () => {
  const stack = process.argv[2];
  if (stack === undefined) throw new OperatorError("no stack given", "node cli/status.ts <stack>");
  const outputs = parseStackOutputs(pulumi("stack", "output", "--stack", stack, "--json", "--show-secrets"));
  const paths = writeConnectionFiles(stack, outputs);
  const psql = await findPsql(paths.serviceFile, typeof outputs.caCertificate === "string");
  const statuses = await askTenants(outputs.tenants, psql, paths.serviceFile);
  process.stdout.write(`\n${renderStatus(statuses, psqlLineFor(psql, paths.serviceFile, stack))}`);
  process.stdout.write(
    "Next: ./pgt url <tenant> for the connection strings, ./pgt create <tenant> for another tenant.\n",
  );
  process.exitCode = allAnswered(statuses) ? 0 : 1;
});
