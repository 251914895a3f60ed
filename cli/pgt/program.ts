import { Command, Option } from "commander";
import { connectionFormats } from "../stackOutputs.ts";
import { completionsOf, parseShell, renderCompletion } from "./commands/completion.ts";
import type { DriftOptions } from "./commands/drift.ts";
import type { DrillOptions } from "./commands/drill.ts";
import type { LogOptions } from "./commands/logs.ts";
import type { RestoreOptions } from "./commands/restore.ts";
import type { Format } from "./commands/url.ts";
import { type Context, type GlobalOptions, makeContext } from "./context.ts";
import { addData } from "./programData.ts";
import { addLife } from "./programLife.ts";
import { addOffsite } from "./programOffsite.ts";
import { addPlan } from "./programPlan.ts";
import { addPreviews } from "./programPreviews.ts";

/**
 * The command line. Each command is loaded when it is called: the SDK alone takes half a second.
 * @param end takes the exit code of a command that has one of its own.
 */
export function makeProgram(end: (code: number) => void): Command {
  const program = new Command("pgt").description("One PostgreSQL per tenant: edits tenants.yaml and makes it so.");
  const context = (): Context => makeContext(program.opts<GlobalOptions>());
  shareOptions(program);
  addLife(program, context);
  addPlan(program, context, end);
  addQueries(program, context, end);
  addBackups(program, context, end);
  addData(program, context, end);
  addOffsite(program, context, end);
  addPreviews(program, context);
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
    .option("--role <name>", "as one of its declared roles")
    .action(async (id: string, { format, role }: { format: Format; role?: string }) =>
      (await import("./commands/url.ts")).url(context(), id, format, role),
    );
  program
    .command("status [id]")
    .description("ask tenants as a client does; 0 healthy, 1 degraded, 2 error")
    .action(async (id?: string) => end(await (await import("./commands/status.ts")).status(context(), id)));
  program
    .command("pooler <id>")
    .description("what a tenant's connection pool does: clients, server connections, waits")
    .action(async (id: string) => (await import("./commands/pooler.ts")).pooler(context(), id));
  program
    .command("doctor")
    .description("look for what is wrong with this machine and stack; 0, 1 or 2 as well")
    .action(async () => end(await (await import("./commands/doctor.ts")).doctor(context())));
  program
    .command("drift")
    .description("find what is not as it was deployed, and change nothing; 0 nothing, 1 something, 2 could not look")
    .addOption(new Option("--format <form>", "the form").choices(["text", "markdown"]).default("text"))
    .action(async (options: DriftOptions) =>
      end(await (await import("./commands/drift.ts")).drift(context(), options)),
    );
}

function addBackups(program: Command, context: () => Context, end: (code: number) => void): void {
  program
    .command("backup <id>")
    .description("make a backup now")
    .option("--full", "a full one; otherwise what changed since the last")
    .action(async (id: string, { full = false }: { full?: boolean }) =>
      end(await (await import("./commands/backup.ts")).backup(context(), id, full ? "full" : "incr")),
    );
  program
    .command("backups <id>")
    .description("the backups of a tenant, and what can be brought back")
    .action(async (id: string) => end(await (await import("./commands/backup.ts")).backups(context(), id)));
  program
    .command("restore <id>")
    .description("bring a moment of a tenant's past back, as a new tenant beside it or in its own place")
    .option("--to <target>", "latest, immediate, a time with its zone, xid <n>, lsn <x/y> or name <point>")
    .option("--as <new-id>", "the new tenant")
    .option("--in-place", "in the tenant's own place; what is there now is kept beside it, until --accept")
    .option("--undo", "take back what a restore in place, or the last --undo, replaced")
    .option("--accept", "delete what a restore in place replaced")
    .option("--confirm <id>", "with --yes, instead of typing it")
    .action(async (id: string, options: RestoreOptions) =>
      (await import("./commands/restore.ts")).restore(context(), id, options),
    );
  program
    .command("drill [ids...]")
    .description("restore the newest backup of each into a container that is thrown away, and check it; 0, 1 or 2")
    .option("--due <time>", "only tenants whose last drill is older, such as 7d; oldest first")
    .option("--most <number>", "so many tenants at most")
    .action(async (ids: string[], options: DrillOptions) =>
      end(await (await import("./commands/drill.ts")).drill(context(), ids, options)),
    );
  program
    .command("clone <id>")
    .description("copy a tenant, as far as it is archived, to a new one beside it")
    .requiredOption("--as <new-id>", "the new tenant")
    .option("--schema-only", "without any row")
    .option("--mask <file>", "SQL that takes out what the copy must not hold, before anybody can reach it")
    .action(async (id: string, { as, ...less }: { as: string; schemaOnly?: boolean; mask?: string }) =>
      (await import("./commands/clone.ts")).clone(context(), id, as, "latest", less),
    );
}

function addRest(program: Command, context: () => Context, end: (code: number) => void): void {
  program
    .command("psql <id> [args...]")
    .description("psql as the tenant, through the router; arguments for psql after --")
    .option("--superuser", "as the superuser, inside the container; what the tenant set does not count there")
    .action(async (id: string, args: string[], { superuser = false }: { superuser?: boolean }) => {
      const { psql, psqlAsSuperuser } = await import("./commands/psql.ts");
      end(await (superuser ? psqlAsSuperuser : psql)(context(), id, args));
    });
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
    .command("completion <shell>")
    .description("a script for bash, zsh or fish")
    .action((shell: string) => {
      process.stdout.write(renderCompletion(parseShell(shell), completionsOf(program)));
    });
}
