import type { Command } from "commander";
import type { Context } from "./context.ts";

/** The commands for copies elsewhere, and for the day when they are needed. */
export function addOffsite(program: Command, context: () => Context, end: (code: number) => void): void {
  program
    .command("offsite")
    .description("how far the copies of the backups elsewhere are; 0 all there, 1 late, 2 nothing is copied")
    .option("--save-state", "save Pulumi's state there, as every deployment does")
    .action(async (options: { saveState?: boolean }) =>
      end(await (await import("./commands/offsite.ts")).offsite(context(), options)),
    );
  program
    .command("disaster-recovery")
    .description("bring everything back on a new machine, from the copies: docs/disaster-recovery.md")
    .option("--credentials <file>", "how to log in to the store, as JSON; for SFTP the private key")
    .option("--no-state", "Pulumi's state is lost as well: passwords will be new")
    .action(async (options: { credentials?: string; state: boolean }) =>
      (await import("./commands/disasterRecovery.ts")).disasterRecovery(context(), options),
    );
}
