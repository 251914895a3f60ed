import { type Command, Option } from "commander";
import { OperatorError } from "../operatorError.ts";
import type { DumpOptions } from "./commands/dump.ts";
import type { ImportOptions } from "./commands/importTenant.ts";
import type { Context } from "./context.ts";

/** The commands that bring data in from elsewhere, and take it out. */
export function addData(program: Command, context: () => Context, end: (code: number) => void): void {
  program
    .command("dump <id>")
    .description("a tenant's database as pg_dump writes it; owners and grants are left out")
    .option("--file <path>", "a new file; standard output by default")
    .addOption(new Option("--format <form>", "custom, or plain for SQL").choices(["custom", "plain"]).default("custom"))
    .option("--schema-only", "no rows")
    .option("--force", "replace the file")
    .action(async (id: string, options: DumpOptions) =>
      end(await (await import("./commands/dump.ts")).dump(context(), id, options)),
    );
  program
    .command("import")
    .description("a new tenant that begins with another server's database, or with a dump; or the tenants of pgs")
    .argument("<new-id>", "the new tenant; or pgs, for the tenants of @sysnee/pgs")
    .argument("[folder]", "pgs's folder, such as ~/.sysnee-config")
    .option(
      "--from <source>",
      "postgresql://user@host/database, whose password is asked for; a file or folder of pg_dump",
    )
    .option("--plan <name>", "the new tenant's plan")
    .option("--database <name>", "its database; the id by default")
    .option("--user <name>", "the role that logs in and owns everything; the id by default")
    .action(async (id: string, folder: string | undefined, options: Partial<ImportOptions>) => {
      const { from } = options;
      if (from !== undefined && folder === undefined)
        return (await import("./commands/importTenant.ts")).importTenant(context(), id, { ...options, from });
      if (from === undefined && folder !== undefined && id === "pgs")
        return (await import("../import/importPgs.ts")).importPgs(context(), folder);
      throw new OperatorError(
        "got neither a source for one new tenant nor a folder of pgs",
        "pgt import acme --from postgresql://user@host/database, pgt import acme --from acme.dump, or pgt import pgs ~/.sysnee-config",
      );
    });
}
