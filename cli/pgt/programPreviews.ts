import { type Command, InvalidArgumentError, Option } from "commander";
import type { PreviewOptions } from "./commands/previewDatabase.ts";
import type { Context } from "./context.ts";

/** The command for databases that live as long as a pull request. */
export function addPreviews(program: Command, context: () => Context): void {
  const command = program
    .command("preview-database")
    .description("databases of pull requests: create, delete, sweep, list");
  const number = new Option("--pr <number>", "the pull request").argParser(pullRequest).makeOptionMandatory();
  const load = () => import("./commands/previewDatabase.ts");
  command
    .command("create")
    .description("make one, or hand out the one that is there")
    .addOption(number)
    .option("--from <id>", "begin with this tenant's data, as far as it is archived; empty by default")
    .option("--mask <file>", "SQL that takes out what the copy must not hold, before anybody can reach it")
    .option("--schema-only", "without any row")
    .option("--plan <name>", "its plan")
    .option("--expires <life>", "how long it lives at most", "7 days")
    .option("--output <file>", "add DATABASE_URL=… to this file, such as $GITHUB_OUTPUT, instead of printing it")
    .action(async ({ pr, ...options }: PreviewOptions & { pr: number }) =>
      (await load()).createPreview(context(), pr, options),
    );
  command
    .command("delete")
    .description("end one, with its data")
    .addOption(number)
    .action(async ({ pr }: { pr: number }) => (await load()).deletePreview(context(), pr));
  command
    .command("sweep")
    .description("end those whose time is up, and those whose pull request is closed")
    .addOption(
      new Option("--open <numbers>", "the open pull requests: 12,14; without it, time alone counts").argParser(
        pullRequests,
      ),
    )
    .action(async ({ open }: { open?: readonly number[] }) => (await load()).sweepPreviews(context(), open));
  command
    .command("list")
    .description("those that there are, and until when")
    .action(async () => (await load()).listPreviews(context()));
}

function pullRequest(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("expected the number of a pull request, such as 123");
}

function pullRequests(text: string): readonly number[] {
  return text
    .split(/[\s,]+/)
    .filter((part) => part !== "")
    .map(pullRequest);
}
