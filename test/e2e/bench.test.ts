import { afterAll, beforeAll, expect, test } from "vitest";
import { bareTenant, describe, freeAddress } from "../../bench/support/bareTenant.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme"], {}, "bn");
  await at.stack.up();
}, 180_000);
afterAll(() => at?.remove());

test("what make bench holds a deployment against is a tenant that answers: its container by docker run, and the program's own step", async () => {
  const model = await describe(at.container("acme"));
  const own = { name: at.container("bare"), address: await freeAddress(at), stack: at.name };
  const { live } = await bareTenant(at, model, own, undefined);
  expect(live).toBeGreaterThan(0);
}, 120_000);
