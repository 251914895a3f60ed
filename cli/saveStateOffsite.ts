// The end of `make up`: saves the stack's state off-site, where copies are made: node cli/saveStateOffsite.ts <stack>
import { OperatorError, reportErrors } from "./operatorError.ts";
import { projectFolder } from "./pulumi.ts";
import { saveDeployedState } from "./saveState.ts";

await reportErrors(() => {
  const stack = process.argv[2];
  if (stack === undefined) throw new OperatorError("no stack given", "node cli/saveStateOffsite.ts <stack>");
  const warning = saveDeployedState(projectFolder(), stack);
  if (warning !== undefined) console.error(`warning: ${warning}`);
});
