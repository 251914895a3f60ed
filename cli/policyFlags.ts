// Prints the flags of `pulumi preview` and `pulumi up` for the policy packs, one a line: node cli/policyFlags.ts
import { reportErrors } from "./operatorError.ts";
import { policyFlags } from "./policyPacks.ts";
import { projectFolder } from "./pulumi.ts";

await reportErrors(() => {
  for (const flag of policyFlags(projectFolder())) console.log(flag);
});
