// Prints the flags of `pulumi preview` and `pulumi up` for the policy packs, one a line: node cli/policyFlags.ts
import { reportErrors } from "./operatorError.ts";
import { policyPacks } from "./policyPacks.ts";
import { projectFolder } from "./pulumi.ts";

await reportErrors(() => {
  const found = policyPacks(projectFolder());
  for (const pack of found.policyPacks) console.log(`--policy-pack=${pack}`);
  for (const config of found.policyPackConfigs) console.log(`--policy-pack-config=${config}`);
});
