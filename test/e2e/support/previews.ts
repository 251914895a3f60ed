import type { OpMap } from "@pulumi/pulumi/automation/index.js";
import type { TestStack } from "./testStack.ts";

/** What a preview would do, by kind of step, without what stays the same. Empty: nothing would change. */
export async function countChanges(at: TestStack, options: { refresh?: boolean } = {}): Promise<OpMap> {
  const { changeSummary } = await at.stack.preview(options);
  const { same: _, read: __, ...changes } = changeSummary;
  return changes;
}
