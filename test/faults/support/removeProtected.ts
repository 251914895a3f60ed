import type { TestStack } from "../../e2e/support/testStack.ts";

/** Removes a stack that was made with deletion protection: first takes that off, in a deployment of its own, with these tenants. */
export async function removeProtected(at: TestStack | undefined, ids: readonly string[]): Promise<void> {
  try {
    await at?.stack.setConfig("deletionProtection", { value: "false" });
    at?.list(...ids.map((id) => `id: ${id}`));
    await at?.stack.up();
  } finally {
    await at?.remove();
  }
}
