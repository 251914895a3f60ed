// Refuses to go on where a tenant's data or password is not protected: node cli/checkProtection.ts <stack>
// What a rotation left without protection gets it back first.
import { OperatorError, reportErrors } from "./operatorError.ts";
import { unprotectedState } from "./protection.ts";
import { protectRotated } from "./protectRotated.ts";
import { projectFolder } from "./pulumi.ts";

await reportErrors(() => {
  const stack = process.argv[2];
  if (stack === undefined) throw new OperatorError("no stack given", "node cli/checkProtection.ts <stack>");
  const unprotected = unprotectedState(protectRotated(projectFolder(), stack));
  if (unprotected.length === 0) return;
  throw new OperatorError(
    `deletion protection is off for ${unprotected.join(", ")}: make down would delete them; nothing was stopped`,
    "in make shell, turn it on again: pulumi config set deletionProtection true && pulumi up; " +
      "or delete everything, with its data, on purpose: pulumi destroy",
  );
});
