import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { baseFile, baseOf, type PlanCase } from "../../support/plans/cases.ts";
import { inspect } from "./engine.ts";
import { run } from "./shell.ts";
import { makeTestStack, type TestStack } from "./testStack.ts";

/** The stack that the recorded pull requests are for, with the list before them deployed. */
export async function makePlanStack(base = baseFile): Promise<TestStack> {
  const at = await makeTestStack([], { deletionProtection: "true" }, "plan");
  const remove = async () => {
    try {
      writeList(at, base);
      await at.stack.setConfig("deletionProtection", { value: "false" });
      await at.stack.up();
    } finally {
      await at.remove();
    }
  };
  try {
    writeList(at, base);
    await at.stack.up();
    return { ...at, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Makes the stack's list and settings what a pull request makes them, runs `use`, and puts them back. */
export async function withCase<T>(at: TestStack, one: PlanCase, use: () => Promise<T>): Promise<T> {
  const { file, config = {} } = one;
  try {
    writeList(at, file(new Date().toISOString().slice(0, 10)));
    for (const [key, value] of Object.entries(config)) await at.stack.setConfig(key, { value });
    return await use();
  } finally {
    writeList(at, baseOf(one));
    for (const key of Object.keys(config)) await at.stack.removeConfig(key);
  }
}

/** What `pulumi preview --json` prints for a pull request, also where it is refused. */
export function previewOf(at: TestStack, one: PlanCase): Promise<string> {
  const where = ["--cwd", join(at.folder, "project"), "--stack", at.name, "--non-interactive"];
  return withCase(
    at,
    one,
    async () => (await run("pulumi", ["preview", "--json", ...where], "", at.environment)).stdout,
  );
}

/** What is this stack's own in what is recorded. */
export async function recordedAs(at: TestStack) {
  const address = await inspect(at.container("acme"), "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");
  return { name: at.name, folder: at.folder, port: at.port, network: address.replace(/\d+$/, "") };
}

function writeList(at: TestStack, text: string): void {
  writeFileSync(join(at.folder, "tenants.yaml"), text);
}
