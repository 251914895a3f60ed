import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresImageTag } from "../../components/images.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme"]);
});
afterAll(() => at?.remove());

const subnet = async () => (await at.stack.getConfig("subnet")).value;

test.each<[string, () => string[] | Promise<string[]>, () => string[], string]>([
  [
    "a volume of a tenant's name",
    () => ["volume", "create", at.container("acme")],
    () => ["volume", "rm", at.container("acme")],
    "which this stack did not make, expected none; remove it, or take it over on purpose",
  ],
  [
    "a container of a tenant's name",
    () => ["create", "--name", at.container("acme"), "--pull=never", postgresImageTag()],
    () => ["rm", "--volumes", at.container("acme")],
    "which this stack did not make, expected none; rename or remove it",
  ],
  [
    "a network with addresses of the stack's",
    async () => ["network", "create", "--subnet", await subnet(), `${at.name}-other`],
    () => ["network", "rm", `${at.name}-other`],
    "give this stack another subnet: pulumi config set subnet",
  ],
])("%s that somebody else made is an error before anything is made, and stays", async (_, make, remove, message) => {
  await outputOf("docker", await make());
  try {
    await expect(at.stack.up()).rejects.toThrow(message);
    for (const kind of ["container", "volume", "network"]) {
      const all = kind === "container" ? ["--all"] : [];
      const ours = [kind, "ls", "--quiet", ...all, "--filter", `label=dev.pgtenants.stack=${at.name}`];
      expect(await outputOf("docker", ours)).toBe("");
    }
  } finally {
    // Fails where it did not stay.
    await outputOf("docker", remove());
  }
});
