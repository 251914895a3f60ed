import { afterEach, expect, test } from "vitest";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { identity } from "./support/engine.ts";
import { killUp, recover, tryRecover } from "./support/interrupt.ts";
import { countChanges } from "./support/previews.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

const ids = ["acme", "globex", "hooli"];
let at: TestStack | undefined;

afterEach(() => at?.remove());

test.each([
  ["while the bridge is made", "tenants creating", 100],
  ["while containers are made", "acme-server creating", 0],
  ["while servers start", "acme-server creating", 600],
  ["while SQL runs", "-sql creating", 50],
])("an up that is killed %s is completed by the next one", async (_, moment, milliseconds) => {
  const stack = await makeTestStack(ids);
  at = stack;
  await killUp(stack, moment, milliseconds);

  const said = await recover(stack);
  expect(said).toContain("its lock is of a process that is gone, letting go of it");
  await stack.stack.up();

  expect(await countChanges(stack, { refresh: true })).toEqual({});
  const strings = await stack.connectionStrings();
  for (const id of ids) {
    const client = await nodeClient(stringsOf(strings, id).nodePostgres);
    expect((await client.query("SELECT current_database() AS database")).rows).toEqual([{ database: id }]);
    await client.end();
  }
  expect(await recover(stack)).toBe("");
});

test("a container that is on the engine alone is removed, and its volume goes on with its data", async () => {
  const stack = await makeTestStack(ids);
  at = stack;
  await stack.stack.up();
  await keepAnAnswer(stack);
  await forget(stack, ({ urn }) => urn.endsWith("::acme-server") || urn.endsWith("::acme-sql"));

  expect(await recover(stack)).toContain(`container ${stack.container("acme")}: left by an interrupted deployment`);
  await stack.stack.up();
  await expectTheAnswer(stack);
});

test("a stack that another state made is not touched, and adopted only when that is said", async () => {
  const stack = await makeTestStack(ids);
  at = stack;
  await stack.stack.up();
  await keepAnAnswer(stack);
  const running = await identity(stack.container("acme"));
  const { uri } = stringsOf(await stack.connectionStrings(), "acme");
  await forget(stack, () => true);

  const refused = await tryRecover(stack);
  expect(refused.stderr).toContain(
    `error: this engine has a stack ${stack.name} that this state did not make: container `,
  );
  expect(refused.stderr).toContain(`volume ${stack.container("acme")}`);
  expect(refused.code).toBe(1);
  expect(await identity(stack.container("acme"))).toBe(running);

  await recover(stack, "--adopt");
  await stack.stack.up();
  expect(stringsOf(await stack.connectionStrings(), "acme").uri).not.toBe(uri);
  await expectTheAnswer(stack);
});

test("a container that was removed by hand comes back", async () => {
  const stack = await makeTestStack(["acme"]);
  at = stack;
  await stack.stack.up();
  await outputOf("docker", ["rm", "--force", stack.container("acme")]);
  expect(await recover(stack)).toContain("acme-server: in the state but not running");
  await stack.stack.up();
  const client = await nodeClient(stringsOf(await stack.connectionStrings(), "acme").nodePostgres);
  await client.end();
  expect(await countChanges(stack, { refresh: true })).toEqual({});
});

async function keepAnAnswer(stack: TestStack): Promise<void> {
  const client = await nodeClient(stringsOf(await stack.connectionStrings(), "acme").nodePostgres);
  await client.query("CREATE TABLE kept AS SELECT 42 AS answer");
  await client.end();
}

async function expectTheAnswer(stack: TestStack): Promise<void> {
  const client = await nodeClient(stringsOf(await stack.connectionStrings(), "acme").nodePostgres);
  expect((await client.query("SELECT answer FROM kept")).rows).toEqual([{ answer: 42 }]);
  await client.end();
}

/** Takes resources out of the state, as if it had been lost before they were written to it. */
async function forget(stack: TestStack, lost: (resource: { urn: string }) => boolean): Promise<void> {
  const exported = await stack.stack.exportStack();
  const resources = exported.deployment.resources.filter((resource: { urn: string }) => !lost(resource));
  await stack.stack.importStack({ ...exported, deployment: { ...exported.deployment, resources } });
}
