import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { countChanges } from "./support/previews.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

const ids = ["acme", "globex", "hooli"];
const recover = fileURLToPath(new URL("../../cli/recover.ts", import.meta.url));
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

  const said = await outputOf("node", [recover, stack.name], "", environmentOf(stack));
  expect(said).toContain("its lock is of a process that is gone, letting go of it");
  await stack.stack.up();

  expect(await countChanges(stack, { refresh: true })).toEqual({});
  const strings = await stack.connectionStrings();
  for (const id of ids) {
    const client = await nodeClient(stringsOf(strings, id).nodePostgres);
    expect((await client.query("SELECT current_database() AS database")).rows).toEqual([{ database: id }]);
    await client.end();
  }
  expect(await outputOf("node", [recover, stack.name], "", environmentOf(stack))).toBe("");
});

test("what an interrupted up left on the engine alone is removed, and its volume adopted with its data", async () => {
  const stack = await makeTestStack(ids);
  at = stack;
  await stack.stack.up();
  const client = await nodeClient(stringsOf(await stack.connectionStrings(), "acme").nodePostgres);
  await client.query("CREATE TABLE kept AS SELECT 42 AS answer");
  await client.end();
  const exported = await stack.stack.exportStack();
  const forgotten = {
    ...exported,
    deployment: { ...exported.deployment, resources: withoutTenant(exported.deployment.resources, "acme") },
  };
  await stack.stack.importStack(forgotten);

  expect(await outputOf("node", [recover, stack.name], "", environmentOf(stack))).toContain(
    `container ${stack.container("acme")}: left by`,
  );
  await stack.stack.up();
  const again = await nodeClient(stringsOf(await stack.connectionStrings(), "acme").nodePostgres);
  expect((await again.query("SELECT answer FROM kept")).rows).toEqual([{ answer: 42 }]);
  await again.end();
});

test("a container that was removed by hand comes back", async () => {
  const stack = await makeTestStack(["acme"]);
  at = stack;
  await stack.stack.up();
  await outputOf("docker", ["rm", "--force", stack.container("acme")]);
  expect(await outputOf("node", [recover, stack.name], "", environmentOf(stack))).toContain(
    "acme-server: in the state but not running",
  );
  await stack.stack.up();
  const client = await nodeClient(stringsOf(await stack.connectionStrings(), "acme").nodePostgres);
  await client.end();
  expect(await countChanges(stack, { refresh: true })).toEqual({});
});

/** Starts `pulumi up` and kills the CLI so many milliseconds after its output says so. Its plugins are ended after a moment, as orphans. */
async function killUp(stack: TestStack, moment: string, milliseconds: number): Promise<void> {
  const cwd = join(stack.folder, "project");
  const args = ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", stack.name];
  const cli = spawn("pulumi", args, { cwd, env: { ...process.env, ...stack.environment } });
  const ended = new Promise((resolve) => cli.once("exit", resolve));
  let output = "";
  for (const stream of [cli.stdout, cli.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  while (!output.includes(moment)) {
    if (cli.exitCode !== null) throw new Error(`up ended before "${moment}":\n${output}`);
    await sleep(5);
  }
  await sleep(milliseconds);
  const children = execFileSync("ps", ["-o", "pid=", "--ppid", String(cli.pid)], { encoding: "utf8" })
    .trim()
    .split(/\s+/);
  cli.kill("SIGKILL");
  await ended;
  await sleep(500);
  for (const child of children) {
    try {
      process.kill(Number(child), "SIGKILL");
    } catch {
      // It ended with the CLI.
    }
  }
}

function environmentOf(stack: TestStack): Record<string, string> {
  return { ...stack.environment, PGTENANTS_PROJECT: join(stack.folder, "project") };
}

function withoutTenant<T extends { urn: string }>(resources: readonly T[], id: string): T[] {
  return resources.filter(({ urn }) => !urn.endsWith(`::${id}`) && !urn.includes(`::${id}-`));
}
