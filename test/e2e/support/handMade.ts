import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { documentOf } from "../../../cli/pgt/drift/renderDrift.ts";
import { pgt, pgtEnvironment } from "./pgt.ts";
import { outputOf } from "./shell.ts";
import type { TestStack } from "./testStack.ts";

/** The document of `pgt drift --json`, and how it ended. */
export type Looked = ReturnType<typeof documentOf> & { readonly code: number | null };

/** Looks for drift. */
export async function lookForDrift(at: TestStack): Promise<Looked> {
  const { code, stdout, stderr } = await pgt(at, ["drift", "--json"]);
  if (stdout === "") throw new Error(`pgt drift ended with ${code}: ${stderr}`);
  return { ...JSON.parse(stdout), code };
}

/** Whose drift was found, and of which kind, sorted. */
export function kindsIn({ findings }: Looked): string[] {
  return findings.map(({ subject, kind }) => `${subject} ${kind}`).sort();
}

/**
 * Types what the findings say puts them right, as it stands there, where it is a command. What Pulumi is told to do again is told it in one deployment,
 * and the last of all is `pgt start`.
 */
export async function typeFixes(at: TestStack, { findings }: Looked): Promise<void> {
  const path = operatorsPath(at);
  const parts = findings
    .flatMap(({ fix }) => fix.split("; then "))
    .filter((part) => /^(docker|pulumi|pgt) /.test(part));
  const steps = parts.filter((part) => part.startsWith("pulumi up --replace"));
  const together =
    steps.length === 0 ? [] : [`pulumi up${steps.map((step) => step.slice("pulumi up".length)).join("")}`];
  const start = "pgt start";
  const others = parts.filter((part) => !steps.includes(part) && part !== start);
  for (const command of new Set([...others, ...together, ...parts.filter((part) => part === start)]))
    await outputOf("sh", ["-c", command], "", { ...pgtEnvironment(at), PATH: path });
}

/** A PATH with `pgt`, and with a `pulumi` that does not ask and works on the stack, as in `make shell`. */
function operatorsPath(at: TestStack): string {
  const bin = join(at.folder, "operators-bin");
  const pulumi = execFileSync("sh", ["-c", "command -v pulumi"], { encoding: "utf8" }).trim();
  const main = fileURLToPath(new URL("../../../cli/pgt/main.ts", import.meta.url));
  const answers = `--yes --skip-preview --non-interactive --stack '${at.name}' --cwd '${join(at.folder, "project")}'`;
  mkdirSync(bin, { recursive: true });
  // The program calls it too, for the state.
  const script = `#!/bin/sh\nif [ "$1" = up ]; then set -- "$@" ${answers}; fi\nexec '${pulumi}' "$@"\n`;
  writeFileSync(join(bin, "pulumi"), script, { mode: 0o755 });
  writeFileSync(join(bin, "pgt"), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, {
    mode: 0o755,
  });
  return `${bin}${delimiter}${process.env["PATH"]}`;
}
