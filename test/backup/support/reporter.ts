import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import type { Reporter, TestModule } from "vitest/node";
import { versionIn } from "../../../bench/support/machine.ts";
import { postgresImageTag } from "../../../components/images.ts";
import { outputOf } from "../../e2e/support/shell.ts";
import { type Results, renderChapter, renderPage } from "./page.ts";

const folder = new URL("../../../docs/", import.meta.url);
const saved = new URL("backups-measured.json", folder);
const page = new URL("backups-measured.md", folder);

/** Prints what was measured, keeps what of it passed, and writes the page anew. */
export default class BackupReporter implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const chaptersOf = (some: readonly TestModule[]) =>
      some.flatMap((module) => [...module.children.allTests()]).flatMap((test) => test.meta().chapter ?? []);
    for (const chapter of chaptersOf(modules)) process.stdout.write(`\n${renderChapter(chapter)}\n`);
    const chapters = chaptersOf(modules.filter((module) => module.ok()));
    if (chapters.length === 0) return;
    const before: Results = existsSync(saved) ? JSON.parse(readFileSync(saved, "utf8")) : { about: "", chapters: {} };
    const now = Object.fromEntries(chapters.map((chapter) => [chapter.name, chapter]));
    const results: Results = { about: await describeRun(), chapters: { ...before.chapters, ...now } };
    writeFileSync(saved, `${JSON.stringify(results, undefined, 2)}\n`);
    writeFileSync(page, renderPage(results));
  }
}

async function describeRun(): Promise<string> {
  const versionOf = async (program: string, argument: string) =>
    versionIn(
      await outputOf("docker", [
        ...["run", "--rm", "--network=none", "--entrypoint", program, postgresImageTag(), argument],
      ]),
    );
  const [postgres, pgbackrest] = await Promise.all([
    versionOf("postgres", "--version"),
    versionOf("pgbackrest", "version"),
  ]);
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    `On ${new Date().toISOString().slice(0, 10)}: ${availableParallelism()} cores of ${cpus()[0]?.model ?? "a processor"},`,
    `${memory} GiB of memory, Linux ${release()}, PostgreSQL ${postgres}, pgBackRest ${pgbackrest}.`,
    "Each tenant has the limits of the plan `small`: 256 MB of memory, 256 CPU shares.",
  ].join(" ");
}
