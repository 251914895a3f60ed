// Holds a stack's next deployment against the policies, and prints what they refuse as Markdown: node ci/policies.ts <stack>
import { reportErrors } from "../cli/operatorError.ts";
import { makeContext } from "../cli/pgt/context.ts";
import { tryDeployment } from "../cli/pgt/deploy.ts";
import { DeploymentError } from "../cli/pgt/failures.ts";

/** Of the reasons against a deployment, those that are policies': the plan has the others. */
function refusals(reasons: string): string[] {
  return reasons.split("\n").filter((line) => /^(?:\S+: )?policy \S+: /.test(line));
}

await reportErrors(async () => {
  const context = makeContext({ stack: process.argv[2] ?? "", color: false, deploy: false });
  try {
    await tryDeployment(context);
    console.log("No policy refuses it.\n");
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    const refused = refusals(error.message);
    if (refused.length === 0) throw error;
    console.log(`### Refused by policies\n\n\`\`\`text\n${refused.join("\n")}\n\`\`\`\n`);
    process.exitCode = 1;
  }
});
