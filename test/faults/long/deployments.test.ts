import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect } from "vitest";
import { identity } from "../../e2e/support/engine.ts";
import { recover, startUp } from "../../e2e/support/interrupt.ts";
import { pgt, pgtOutput } from "../../e2e/support/pgt.ts";
import { countChanges } from "../../e2e/support/previews.ts";
import { makeTestStack, type TestStack } from "../../e2e/support/testStack.ts";
import { expectNothingLeft, locksOf, stateFile } from "../support/engineState.ts";
import { faultTest } from "../support/table.ts";
import { underWatch, uriOf } from "../support/underWatch.ts";

const ids = ["acme", "globex"];
let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(ids);
  await at.stack.up();
});
afterAll(() => at?.remove());

/** The operator's own time to run two commands. */
const recoversWithin = 60_000;
const untouched = { recoversWithin: 0 };

/** A tenant more, and another value of acme that its server reads at its start. */
function addAndChange(newcomer: string, maxConnections: number): void {
  ids.push(newcomer);
  at.list(`{ id: acme, maxConnections: ${maxConnections} }`, ...ids.slice(1).map((id) => `id: ${id}`));
}

faultTest("2", "Ctrl-C once, in the middle of an up", (report) =>
  underWatch(at, report, { recoversWithin }, async () => {
    addAndChange("once", 41);
    const up = startUp(at);
    await up.says("acme-server deleting original");
    up.interrupt();
    expect((await up.ended).code).not.toBe(0);
    expect(locksOf(at)).toEqual([]);
    await recover(at);
    await at.stack.up();
    await recover(at);
    await expectNothingLeft(at, ids);
  }),
);

faultTest("2", "Ctrl-C twice, in the middle of an up", (report) =>
  underWatch(at, report, { recoversWithin }, async () => {
    addAndChange("twice", 42);
    const up = startUp(at);
    await up.says("acme-server deleting original");
    up.interrupt();
    await sleep(100);
    up.interrupt();
    expect((await up.ended).code).not.toBe(0);
    await recover(at);
    await at.stack.up();
    await recover(at);
    await expectNothingLeft(at, ids);
  }),
);

faultTest("3", "two ups at once, five times", (report) =>
  underWatch(at, report, untouched, async () => {
    for (const shares of [300, 301, 302, 303, 304]) {
      at.list(`{ id: acme, maxConnections: 42, cpuShares: ${shares} }`, ...ids.slice(1).map((id) => `id: ${id}`));
      const ended = await Promise.all([startUp(at), startUp(at)].map((up) => up.ended));
      const losers = ended.filter(({ code }) => code !== 0);
      expect(losers.length).toBeGreaterThanOrEqual(1);
      for (const { stdout, stderr } of losers) {
        expect(stdout + stderr).toMatch(
          /the stack is currently locked by 1 lock\(s\)[\s\S]*created by \S+ \(pid \d+\)/,
        );
      }
      expect(locksOf(at)).toEqual([]);
    }
    await at.stack.up();
    await expectNothingLeft(at, ids);
  }),
);

faultTest("4", "state cut in half: refused, put back by pgt recover", (report) =>
  underWatch(at, report, untouched, async () => {
    const file = stateFile(at);
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length / 2));
    const refused = await startUp(at).ended;
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain("unexpected end of JSON input");
    await expectPutBack();
  }),
);

faultTest("5", "state lost: put back by pgt recover from the backend's copies, passwords included", (report) =>
  underWatch(at, report, untouched, async () => {
    rmSync(stateFile(at));
    await expectPutBack();
  }),
);

async function expectPutBack(): Promise<void> {
  await pgtOutput(at, "recover");
  expect(await countChanges(at, { refresh: true })).toEqual({});
  await expectNothingLeft(at, ids);
}

faultTest("6", "wrong passphrase: refused", (report) =>
  underWatch(at, report, untouched, async () => {
    const { code, stdout, stderr } = await startUp(at, { PULUMI_CONFIG_PASSPHRASE: "another one" }).ended;
    expect(stdout + stderr).toContain("incorrect passphrase");
    expect(code).not.toBe(0);
    expect(await countChanges(at)).toEqual({});
  }),
);

faultTest("5", "state lost with all its copies: what runs is refused, then taken over by pgt recover", (report) =>
  underWatch(at, report, { recoversWithin, neighbour: null }, async (ledger) => {
    const before = await identity(at.container("acme"));
    rmSync(join(at.folder, "backend", ".pulumi"), { recursive: true });
    const refused = await pgt(at, ["start"]);
    expect(refused.code).not.toBe(0);
    expect(await identity(at.container("acme"))).toBe(before);
    await pgtOutput(at, "recover", "--yes");
    ledger.use(await uriOf(at, "acme"));
    await expectNothingLeft(at, ids);
  }),
);
