import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { mapAtOnce } from "../../../components/atOnce.ts";

test("results come in the order of the items, and no more than 16 are at work", async () => {
  let busy = 0;
  let most = 0;
  const items = Array.from({ length: 40 }, (_, index) => index);
  const doubled = await mapAtOnce(items, async (item) => {
    busy += 1;
    most = Math.max(most, busy);
    await sleep(item % 7);
    busy -= 1;
    return item * 2;
  });
  expect(doubled).toEqual(items.map((item) => item * 2));
  expect(most).toBe(16);
});

test("one that fails fails all", async () => {
  await expect(mapAtOnce(["one"], () => Promise.reject(new Error("no")))).rejects.toThrow("no");
});
