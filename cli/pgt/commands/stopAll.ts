import { OperatorError } from "../../operatorError.ts";
import { unprotectedState } from "../../protection.ts";
import { protectRotated } from "../../protectRotated.ts";
import { expectTyped } from "../ask.ts";
import type { Context } from "../context.ts";
import { deploy } from "../deploy.ts";
import { containersOf, tenantVolumes } from "../engine.ts";
import { lockFile } from "../fileLock.ts";
import { recoverStack } from "../recoverStack.ts";

/** Stops everything, as make down does: containers, router and network go; data and passwords stay, and pgt start brings it all back. */
export async function stopAll(context: Context): Promise<void> {
  const { config, stack } = context;
  if (!context.deploy)
    throw new OperatorError("got --no-deploy: there is nothing to edit to stop everything", "leave it out");
  const running = [...containersOf(stack).values()].filter(({ tenant }) => tenant !== undefined).length;
  if (running === 0) return context.report({ event: "note", message: `nothing of the stack ${stack} runs` });
  if (!context.yes)
    await expectTyped(`Stop all ${running} tenants of the stack ${stack}? Their data stays.`, stack, "--yes");
  const release = lockFile(config.tenantsFile, "pgt stop");
  try {
    // First, since a lock that a killed deployment left would be in the way of what follows.
    await recoverStack(context);
    refuseUnprotected(context);
    await deploy(context, "down");
  } finally {
    release();
  }
  const kept = tenantVolumes(stack).length;
  context.report({
    event: "note",
    message: `kept: ${kept} volumes with the tenants' data, and their passwords; pgt start brings them back`,
  });
}

/** Without protection nothing would be left out of a destroy. */
function refuseUnprotected({ config, stack }: Context): void {
  const unprotected = unprotectedState(protectRotated(config.folder, stack));
  if (unprotected.length === 0) return;
  throw new OperatorError(
    `deletion protection is off for ${unprotected.join(", ")}: this would delete them; nothing was stopped`,
    "turn it on again: pulumi config set deletionProtection true && pgt start",
  );
}
