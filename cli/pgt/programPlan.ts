import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "./context.ts";

/** The forms that a report is printed in. */
const planFormats = ["text", "markdown", "json"] as const;
export type PlanFormat = (typeof planFormats)[number];

/** Heading, sentence and capacity need this much. */
const leastCharacters = 2000;

/** The command that says what a deployment would do. */
export function addPlan(program: Command, context: () => Context, end: (code: number) => void): void {
  program
    .command("plan")
    .description("what a deployment would do to each tenant; 0, 1 where it is refused, 2 where data is at risk")
    .addOption(new Option("--format <form>", "the form").choices(planFormats))
    .option("--most <characters>", "the longest that Markdown may be", charactersOf)
    .action(async ({ format, most }: { format?: PlanFormat; most?: number }) =>
      end((await import("./commands/plan.ts")).plan(context(), format, most)),
    );
}

function charactersOf(text: string): number {
  const most = Number(text);
  if (Number.isInteger(most) && most >= leastCharacters) return most;
  throw new InvalidArgumentError(`expected a whole number from ${leastCharacters}, such as 65536.`);
}
