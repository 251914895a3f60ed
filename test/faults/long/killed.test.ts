import { afterAll, beforeAll, expect } from "vitest";
import { killUp, startUp } from "../../e2e/support/interrupt.ts";
import { pgtOutput } from "../../e2e/support/pgt.ts";
import { countChanges } from "../../e2e/support/previews.ts";
import { makeTestStack, type TestStack } from "../../e2e/support/testStack.ts";
import { expectNothingLeft } from "../support/engineState.ts";
import { faultTest } from "../support/table.ts";
import { underWatch } from "../support/underWatch.ts";

let newest = 1;
let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex", "late-1"]);
  await at.stack.up();
});
afterAll(() => at?.remove());

/** The operator's own time to run two commands. */
const recoversWithin = 60_000;

/** Asks for another newcomer in place of the last one, and for another value of acme that its server reads at its start. */
function exchange(): void {
  newest += 1;
  at.list(`{ id: acme, maxConnections: ${41 + (newest % 2)} }`, "id: globex", `id: late-${newest}`);
}

/** What an `up` says that it does, in its order: "acme-server creating replacement" and so on. */
function momentsIn(output: string): string[] {
  return [...output.matchAll(/^ .{2} +\S+:\S+:\S+ (\S+ [a-z ]+) \(/gm)].map(([, moment = ""]) => moment);
}

async function recoverFully(): Promise<void> {
  await pgtOutput(at, "recover");
  await at.stack.up();
  await expectNothingLeft(at, ["acme", "globex", `late-${newest}`]);
}

/** The events of one deployment, then a deployment like it for each of them, killed there. */
async function killAtEachEvent(): Promise<void> {
  exchange();
  const moments = momentsIn((await startUp(at).ended).stdout);
  const expected = ["late-2-server created", "acme-server creating replacement", "late-1-data deleted"];
  expect(moments).toEqual(expect.arrayContaining(expected));
  const failures: string[] = [];
  for (const moment of moments) {
    exchange();
    const now = moment.replace(/^late-[12]/, (id) => `late-${id === "late-1" ? newest - 1 : newest}`);
    await killUp(at, now, 0);
    await recoverFully().catch((error: unknown) => failures.push(`killed at "${now}": ${error}`));
  }
  expect(failures).toEqual([]);
  expect(await countChanges(at, { refresh: true })).toEqual({});
}

faultTest(
  "1",
  "kill -9 of the CLI at each resource event of an up",
  (report) => underWatch(at, report, { recoversWithin }, killAtEachEvent),
  2400,
);
