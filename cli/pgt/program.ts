import { Argument, Command, Option } from "commander";
import { connectionFormats } from "../stackOutputs.ts";
import { completionsOf, parseShell, renderCompletion } from "./commands/completion.ts";
import type { LogOptions } from "./commands/logs.ts";
import type { Format } from "./commands/url.ts";
import { type Context, type GlobalOptions, makeContext } from "./context.ts";
import { addLife } from "./programLife.ts";

/**
 * The command line. Each command is loaded when it is called: the SDK alone takes half a second.
 * @param end takes the exit code of a command that has one of its own.
 */
export function makeProgram(end: (code: number) => void): Command {
  const program = new Command("pgt").description("One PostgreSQL per tenant: edits tenants.yaml and makes it so.");
  const context = (): Context => makeContext(program.opts<GlobalOptions>());
  shareOptions(program);
  addLife(program, context);
  addQueries(program, context, end);
  addRest(program, context, end);
  return program.showSuggestionAfterError().helpCommand(false).exitOverride();
}

function shareOptions(program: Command): void {
  program
    .addOption(new Option("--stack <name>", "the stack").env("PGTENANTS_STACK").default("dev"))
    .option("--yes", "answer what is asked")
    .option("--json", "one JSON document for queries, a JSON line per event for deployments")
    .option("--no-color", "no colours; so does NO_COLOR")
    .option("--no-deploy", "edit the file only");
}

function addQueries(program: Command, context: () => Context, end: (code: number) => void): void {
  program
    .command("list")
    .description("the tenants, and what runs")
    .option("--retired", "the data of removed tenants")
    .option("--ids", "ids only, a line each")
    .action(async ({ retired, ids }: { retired?: boolean; ids?: boolean }) => {
      const { list, listIds } = await import("./commands/list.ts");
      if (retired === true) return (await import("./commands/retired.ts")).listRetired(context());
      return ids === true ? listIds(context()) : list(context());
    });
  program
    .command("url <id>")
    .description("how a tenant is reached, password included")
    .addOption(new Option("--format <form>", "the form").choices(connectionFormats).default("uri"))
    .action(async (id: string, { format }: { format: Format }) =>
      (await import("./commands/url.ts")).url(context(), id, format),
    );
  program
    .command("status [id]")
    .description("ask tenants as a client does; 0 healthy, 1 degraded, 2 error")
    .action(async (id?: string) => end(await (await import("./commands/status.ts")).status(context(), id)));
  program
    .command("doctor")
    .description("look for what is wrong with this machine and stack; 0, 1 or 2 as well")
    .action(async () => end(await (await import("./commands/doctor.ts")).doctor(context())));
}

function addRest(program: Command, context: () => Context, end: (code: number) => void): void {
  program
    .command("psql <id> [args...]")
    .description("psql as the tenant, through the router; arguments for psql after --")
    .action(async (id: string, args: string[]) =>
      end(await (await import("./commands/psql.ts")).psql(context(), id, args)),
    );
  program
    .command("logs <id>")
    .description("what a tenant's server wrote, or the router's log")
    .option("--tail <lines>", "the last so many lines")
    .option("--follow", "go on")
    .action(async (id: string, options: LogOptions) =>
      end(await (await import("./commands/logs.ts")).logs(context(), id, options)),
    );
  program
    .command("recover")
    .description("bring state and engine together, after a killed deployment or a lost state")
    .action(async () => (await import("./commands/recover.ts")).recover(context()));
  program
    .command("import")
    .description("take over the tenants of another system, with their data, hosts and passwords")
    .addArgument(new Argument("<system>", "which one").choices(["pgs"]))
    .argument("<folder>", "its folder, such as ~/.sysnee-config")
    .action(async (_: string, folder: string) => (await import("../import/importPgs.ts")).importPgs(context(), folder));
  program
    .command("completion <shell>")
    .description("a script for bash, zsh or fish")
    .action((shell: string) => {
      process.stdout.write(renderCompletion(parseShell(shell), completionsOf(program)));
    });
}
