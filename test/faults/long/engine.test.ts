import { afterAll, beforeAll, expect } from "vitest";
import { countChanges } from "../../e2e/support/previews.ts";
import { restartEngine } from "../../e2e/support/restartEngine.ts";
import { makeTestStack, type TestStack } from "../../e2e/support/testStack.ts";
import { faultTest } from "../support/table.ts";
import { sessionsEnd, underWatch } from "../support/underWatch.ts";
import { logOf } from "../support/victims.ts";

const ids = ["acme", "globex", "hooli"];
let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(ids);
  await at.stack.up();
});
afterAll(() => at?.remove());

faultTest("18", "engine restarted under load: all back without an operator", async (report) => {
  await underWatch(at, report, { inherent: sessionsEnd, recoversWithin: 60_000 }, () =>
    restartEngine([at.router, ...ids.map(at.container)]),
  );
  for (const id of ids) expect(await logOf(at.container(id))).not.toContain("was not properly shut down");
  expect(await countChanges(at, { refresh: true })).toEqual({});
});
