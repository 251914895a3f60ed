import type { Command } from "commander";
import type { CreateOptions } from "./commands/create.ts";
import type { MoveOptions } from "./commands/move.ts";
import type { Context } from "./context.ts";

/** The commands that edit tenants.yaml and make it so. */
export function addLife(program: Command, context: () => Context): void {
  program
    .command("create <id>")
    .description("add a tenant")
    .option("--isolation <kind>", "dedicated, database or schema; the last two with --instance")
    .option("--instance <id>", "the instance that it shares")
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
    .option("--tier <tier>", "production or standard")
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
  program
    .command("move <id>")
    .description("move a tenant with its data between an instance and a server of its own")
    .option("--to <place>", "dedicated, or an instance")
    .option("--undo", "back to where it was, where nothing was written since")
    .option("--accept", "delete what is kept in the old place")
    .option("--confirm <id>", "with --yes --accept, instead of typing it")
    .action(async (id: string, options: MoveOptions) =>
      (await import("./commands/move.ts")).move(context(), id, options),
    );
}
