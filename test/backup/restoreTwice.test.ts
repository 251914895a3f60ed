// A restored cluster is a tenant like any other: it archives into a repository of its own, is backed up, and can be brought back again.
import { afterAll, expect, test } from "vitest";
import {
  archiveNow,
  type BackedUp,
  backUp,
  ledgerIn,
  ledgerOf,
  restore,
  startBackedUp,
  upTo,
} from "../e2e/support/backupBench.ts";
import { asSuperuser, makeImageBench } from "../e2e/support/imageContainer.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

async function write({ container }: BackedUp, id: number): Promise<void> {
  await asSuperuser(container, `INSERT INTO ledger VALUES (${id})`);
}

async function restored(from: BackedUp, target: readonly string[] = ["latest"]): Promise<string> {
  const { volume, finished } = await restore(bench, from, target);
  expect(finished).toMatchObject({ code: 0 });
  return volume;
}

test("a restore of a restore, and WAL after each", { timeout: 180_000 }, async () => {
  const first = await startBackedUp(bench);
  await asSuperuser(first.container, "CREATE TABLE ledger (id integer PRIMARY KEY)");
  await write(first, 1);
  expect(await backUp(first, "full")).toMatchObject({ code: 0 });
  await write(first, 2);
  await archiveNow(first);

  const second = await startBackedUp(bench, { volume: await restored(first) });
  expect(await ledgerOf(second.container)).toBe(upTo(2));
  await write(second, 3);
  expect(await backUp(second, "full")).toMatchObject({ code: 0 });
  await write(second, 4);
  await archiveNow(second);

  const third = await startBackedUp(bench, { volume: await restored(second) });
  expect(await ledgerOf(third.container)).toBe(upTo(4));
  // Without a full one before it, this is one.
  expect(await backUp(third, "incr")).toMatchObject({ code: 0 });
  await write(third, 5);
  expect(await backUp(third, "incr")).toMatchObject({ code: 0 });
  await write(third, 6);
  await archiveNow(third);
  expect(await ledgerIn(bench, await restored(third))).toBe(upTo(6));
  expect(await ledgerIn(bench, await restored(third, ["immediate"]))).toBe(upTo(5));

  // The first one has gone on meanwhile, on its own.
  await asSuperuser(first.container, "INSERT INTO ledger VALUES (30)");
  await archiveNow(first);
  expect(await ledgerIn(bench, await restored(first))).toBe("1 2 30");
  const timelines = "SELECT timeline_id FROM pg_control_checkpoint()";
  expect(await Promise.all([first, second, third].map((one) => asSuperuser(one.container, timelines)))).toEqual([
    "1",
    "2",
    "3",
  ]);
});
