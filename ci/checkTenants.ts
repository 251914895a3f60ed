// Holds the lists of tenants against their schema and rules, without Pulumi, engine or secrets: node ci/checkTenants.ts [file…]
import { OperatorError, reportErrors } from "../cli/operatorError.ts";
import { TenantsFileError } from "../tenants/issues.ts";
import { loadTenants } from "../tenants/load.ts";

/** What GitHub shows at the line that it is about. Line breaks and separators would end a field of it. */
function annotation(file: string, line: number, column: number, message: string): string {
  const escaped = (text: string) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const property = (text: string) => escaped(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
  return `::error file=${property(file)},line=${line},col=${column}::${escaped(message)}`;
}

function check(file: string): boolean {
  try {
    const { length } = loadTenants(file);
    console.log(`${file}: ${length} ${length === 1 ? "tenant" : "tenants"}, nothing wrong`);
    return true;
  } catch (error) {
    if (!(error instanceof TenantsFileError)) throw error;
    console.error(error.message);
    if (process.env["GITHUB_ACTIONS"] === "true") {
      for (const { line, column, message } of error.issues) console.log(annotation(file, line, column, message));
    }
    return false;
  }
}

await reportErrors(() => {
  const files = process.argv.slice(2);
  const checked = (files.length > 0 ? files : ["tenants/tenants.yaml"]).map(check);
  if (checked.includes(false))
    throw new OperatorError("the list would be refused", "the lines above say what to write");
});
