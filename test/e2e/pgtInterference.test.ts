import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startUp } from "./support/interrupt.ts";
import { pgt, pgtOutput, pgtUntil } from "./support/pgt.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

const tenantsFile = () => readFileSync(join(at.folder, "tenants.yaml"), "utf8");

async function stateOf(id: string) {
  const { tenants } = JSON.parse(await pgtOutput(at, "list", "--json"));
  return tenants.find((tenant: { id: string }) => tenant.id === id)?.state;
}

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex"]);
  await pgtOutput(at, "start");
});
afterAll(async () => {
  await at?.remove();
});

test("a second pgt is told who is at work, and leaves the file alone", async () => {
  const first = await pgtUntil(at, ["rotate", "globex"], "globex: ");
  const second = await pgt(at, ["stop", "acme"]);
  expect((await first.ended).code).toBe(0);
  expect(second).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`"pgt rotate globex" is at work on this file: process ${first.pid}`),
  });
  expect(tenantsFile()).not.toContain("stopped");
});

test("Ctrl-C ends it with 130 after the step under way, and start goes on", async () => {
  const command = await pgtUntil(at, ["create", "hooli"], "hooli: creating container");
  command.interrupt();
  expect(await command.ended).toMatchObject({ code: 130, output: expect.stringContaining("error: interrupted") });
  expect(tenantsFile()).toContain("id: hooli");
  await pgtOutput(at, "start");
  expect(await stateOf("hooli")).toBe("running");
});

test("a deployment that fails on its way ends with 2, and the edit stays", async () => {
  // The port is taken while the router is down, and the router is to be made anew.
  await outputOf("docker", ["stop", at.router]);
  const other = createServer().listen(at.port, "127.0.0.1");
  await once(other, "listening");
  await at.stack.setConfig("proxyProtocolFrom", { value: '["192.0.2.0/24"]' });
  try {
    const failed = await pgt(at, ["stop", "hooli"]);
    expect(failed).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^error: traefik-listening: (?!exit status)[\s\S]*address already in use[\s\S]*\n {2}fix: what was done before stays/,
      ),
    });
    expect(tenantsFile()).toContain("state: stopped");
  } finally {
    other.close();
    await at.stack.removeConfig("proxyProtocolFrom");
    await pgtOutput(at, "start");
  }
});

test("while pulumi up is at work nothing is edited, and its process is named", async () => {
  const before = tenantsFile();
  const up = startUp(at);
  await up.says("Updating");
  const refused = await pgt(at, ["stop", "acme"]);
  expect((await up.ended).code).toBe(0);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/is being deployed by process \d+ on /) });
  expect(tenantsFile()).toBe(before);
});
