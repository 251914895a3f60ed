import fc from "fast-check";
import { expect, test } from "vitest";
import { compare, type LedgerRow } from "../../faults/support/comparison.ts";

/** Both rows of a transaction. */
const whole = (n: number, transaction = `${n}`): LedgerRow[] => [1, 2].map((half) => ({ n, half, transaction }));
const acknowledged = (...numbers: number[]) => new Map(numbers.map((n) => [n, `${n}`] as const));
const nothing = { lost: [], broken: [] };

test.each([
  ["acknowledged and there", { acknowledged: acknowledged(1, 2) }, [...whole(1), ...whole(2)], nothing],
  ["acknowledged and gone", { acknowledged: acknowledged(1, 2) }, whole(1), { lost: [2], broken: [] }],
  ["in doubt and there", { inDoubt: new Set([1]) }, whole(1), nothing],
  ["in doubt and not there", { inDoubt: new Set([1]) }, [], nothing],
  ["by half", { acknowledged: acknowledged(1) }, whole(1).slice(1), { lost: [], broken: [1] }],
  ["twice", { acknowledged: acknowledged(1) }, [...whole(1), ...whole(1)], { lost: [], broken: [1] }],
  ["of another transaction", { acknowledged: acknowledged(1) }, whole(1, "7"), { lost: [], broken: [1] }],
  ["never committed", {}, whole(1), { lost: [], broken: [1] }],
])("a transaction that is %s", (_, memory, rows, found) => {
  expect(compare({ acknowledged: new Map(), inDoubt: new Set(), ...memory }, rows)).toEqual(found);
});

test("every transaction of which anything is taken away is found", () => {
  const numbers = fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(numbers, fc.nat(), fc.boolean(), (all, pick, both) => {
      const gone = all[pick % all.length] ?? 0;
      const rows = all.flatMap((n) => whole(n)).filter(({ n, half }) => n !== gone || (half === 1 && !both));
      const memory = { acknowledged: acknowledged(...all), inDoubt: new Set<number>() };
      expect(compare(memory, rows)).toEqual(both ? { lost: [gone], broken: [] } : { lost: [], broken: [gone] });
    }),
  );
});
