import { Command, Option } from "commander";
import { connectionFormats } from "../stackOutputs.ts";
import { completionsOf, parseShell, renderCompletion } from "./commands/completion.ts";
import type { CreateOptions } from "./commands/create.ts";
import type { LogOptions } from "./commands/logs.ts";
import type { Format } from "./commands/url.ts";
import { type Context, type GlobalOptions, makeContext } from "./context.ts";

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

function addLife(program: Command, context: () => Context): void {
  program
    .command("create <id>")
    .description("add a tenant")
    .option("--plan <name>", "the plan that gives what is not set here")
    .option("--database <name>", "its database; the id by default")
    .option("--user <name>", "the role that logs in; the id by default")
    .option("--memory <size>", 'such as 512MB or "2 GB"')
    .option("--disk <size>", "such as 20GB")
    .option("--cpu-shares <number>", "weight when processors are scarce")
    .option("--max-connections <number>")
    .option("--shared-buffers <size>")
    .option("--statement-timeout <time>", "such as 30s, or none")
    .option("--idle-in-transaction-timeout <time>", "such as 10min, or none")
    .option("--allow <network...>", "networks that are let in; everybody by default")
    .option("--tls <where>", "terminate or passthrough")
    .option("--volume <name>", "a volume to take over")
    .option("--password [inline]", "a password of your own, typed or on standard input; inline is refused")
    .action(async (id: string, options: CreateOptions) =>
      (await import("./commands/create.ts")).create(context(), id, options),
    );
  program
    .command("remove <id>")
    .description("take a tenant away and keep its data")
    .action(async (id: string) => (await import("./commands/life.ts")).remove(context(), id));
  program
    .command("purge <id>")
    .description("delete the data of a removed tenant for good")
    .option("--confirm <id>", "with --yes, instead of typing it")
    .action(async (id: string, { confirm }: { confirm?: string }) =>
      (await import("./commands/purge.ts")).purge(context(), id, confirm),
    );
  program
    .command("start [id]")
    .description("start a tenant that is stopped or removed; without an id, make everything so")
    .action(async (id?: string) => (await import("./commands/life.ts")).start(context(), id));
  program
    .command("stop [id]")
    .description("stop a tenant; without an id, everything. Data stays")
    .action(async (id?: string) =>
      id === undefined
        ? (await import("./commands/stopAll.ts")).stopAll(context())
        : (await import("./commands/life.ts")).stop(context(), id),
    );
  for (const [name, enabled] of [
    ["enable", true],
    ["disable", false],
  ] as const) {
    program
      .command(`${name}-access <id>`)
      .description(enabled ? "let clients in" : "keep clients out; the server runs on")
      .action(async (id: string) => (await import("./commands/life.ts")).setAccess(context(), id, enabled));
  }
  program
    .command("rotate <id>")
    .description("give a tenant a new password")
    .option("--password [inline]", "one of your own, typed or on standard input; inline is refused")
    .action(async (id: string, { password }: { password?: boolean | string }) =>
      (await import("./commands/life.ts")).rotate(context(), id, password),
    );
  program
    .command("rename <id> <new-id>")
    .description("give a tenant another id; data and password stay")
    .action(async (id: string, newId: string) => (await import("./commands/life.ts")).rename(context(), id, newId));
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
    .description("bring state and engine together after a killed deployment")
    .option("--adopt", "take over what another state left")
    .action(async ({ adopt }: { adopt?: boolean }) =>
      (await import("./recoverStack.ts")).recoverStack(context(), ...(adopt === true ? ["--adopt"] : [])),
    );
  program
    .command("completion <shell>")
    .description("a script for bash, zsh or fish")
    .action((shell: string) => {
      process.stdout.write(renderCompletion(parseShell(shell), completionsOf(program)));
    });
}
