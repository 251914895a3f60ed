import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresImageTag } from "../../components/images.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack([]);
  at.list("{ id: acme, pooler: { mode: transaction } }");
});
afterAll(() => at?.remove());

const subnet = async () => (await at.stack.getConfig("subnet")).value;

test.each<[string, () => string[] | Promise<string[]>, () => string[], string]>([
  [
    "a volume of a tenant's name",
    () => ["volume", "create", at.container("acme")],
    () => ["volume", "rm", at.container("acme")],
    "which this stack did not make, expected none; give the tenant another id or",
  ],
  [
    "a container of a tenant's name",
    () => ["create", "--name", at.container("acme"), "--pull=never", postgresImageTag()],
    () => ["rm", "--volumes", at.container("acme")],
    "which this stack did not make, expected none; rename or remove it",
  ],
  [
    "a volume of a pool's name",
    () => ["volume", "create", `${at.container("acme")}_pooler`],
    () => ["volume", "rm", `${at.container("acme")}_pooler`],
    "which this stack did not make, expected none; remove it: docker volume rm",
  ],
  [
    "a container of a pool's name",
    () => ["create", "--name", `${at.container("acme")}_pooler`, "--pull=never", postgresImageTag()],
    () => ["rm", "--volumes", `${at.container("acme")}_pooler`],
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

test("a stopped tenant whose volume was pruned does not come back empty", async () => {
  await at.stack.up();
  const volume = at.container("acme");
  at.list("{ id: acme, state: stopped }");
  await at.stack.up();
  await outputOf("docker", ["volume", "rm", volume]);
  at.list("id: acme");
  await expect(at.stack.up()).rejects.toThrow(`got no volume ${volume}, expected it, with the data of "acme"`);

  // As the error says, to begin with an empty one.
  at.list(`{ id: acme, state: removed, confirm: acme ${new Date().toISOString().slice(0, 10)} }`);
  await at.stack.up();
  at.list("id: globex");
  await at.stack.up();
  at.list("id: acme", "id: globex");
  await at.stack.up();
  const labels = await outputOf("docker", ["volume", "inspect", "--format", "{{json .Labels}}", volume]);
  expect(JSON.parse(labels)).toMatchObject({ "dev.pgtenants.stack": at.name, "dev.pgtenants.tenant": "acme" });
});
