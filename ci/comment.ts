// Writes a report into a comment of its pull or merge request, always the same one: node ci/comment.ts <name> <report.md
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { OperatorError, reportErrors } from "../cli/operatorError.ts";
import { patiently } from "./api.ts";
import { commentOf, markerOf } from "./body.ts";
import { type Forge, writeComment } from "./forge.ts";
import { github } from "./github.ts";
import { gitlab } from "./gitlab.ts";

function forgeOf(environment: NodeJS.ProcessEnv): Forge {
  if (environment["GITHUB_ACTIONS"] === "true") return github(environment);
  if (environment["GITLAB_CI"] === "true") return gitlab(environment);
  throw new OperatorError(
    "got neither GITHUB_ACTIONS nor GITLAB_CI in the environment",
    "run it in a job of GitHub or GitLab; the report itself can be read as it is",
  );
}

await reportErrors(async () => {
  const name = process.argv[2] ?? "";
  if (!/^[a-z0-9-]+$/.test(name)) {
    const expected = "a name of lower case letters, digits and dashes";
    throw new OperatorError(`got "${name}", expected ${expected}`, "node ci/comment.ts plan-prod <report.md");
  }
  const forge = forgeOf(process.env);
  const report = { name, text: readFileSync(0, "utf8"), commit: forge.commit, log: forge.log };
  const text = commentOf(report, forge.longestComment);
  const done = await patiently(
    forge.service,
    () => writeComment(forge, markerOf(name), text),
    (seconds) => sleep(seconds * 1000),
  );
  console.log(`${forge.service}: the comment ${name} was ${done}`);
});
