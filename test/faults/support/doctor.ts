import type { Finding } from "../../../cli/pgt/finding.ts";
import { pgt } from "../../e2e/support/pgt.ts";
import type { TestStack } from "../../e2e/support/testStack.ts";

/** What `pgt doctor` finds under this word. */
export async function doctorOn(at: TestStack, check: string): Promise<readonly Finding[]> {
  const { stdout } = await pgt(at, ["doctor", "--json"]);
  const { findings }: { findings: readonly Finding[] } = JSON.parse(stdout);
  return findings.filter((finding) => finding.check === check);
}
