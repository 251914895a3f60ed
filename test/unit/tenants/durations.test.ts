import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTenants } from "../../../tenants/load.ts";
import { formatMilliseconds, guessMilliseconds, parseMilliseconds } from "../../../tenants/units.ts";
import { refusal } from "../../support/fixtures/read.ts";

const DAY = 86_400_000;
const withTimeout = (statementTimeout: unknown): string =>
  JSON.stringify({ tenants: [{ id: "acme", statementTimeout }] });

describe("parseMilliseconds", () => {
  test.each([
    ["none", 0],
    ["1 ms", 1],
    ["500 ms", 500],
    ["30 s", 30_000],
    ["10 min", 600_000],
    ["24 h", DAY],
    ["86400000 ms", DAY],
  ])("reads %j as %d ms", (text, milliseconds) => {
    expect(parseMilliseconds(text)).toBe(milliseconds);
  });

  test.each(["", "30", "30s", "30  s", " 30 s", "30 s ", "30 S", "30 sec", "0 s", "030 s", "-30 s", "1.5 h", "1 d"])(
    "does not guess what %j means",
    (text) => {
      expect(() => parseMilliseconds(text)).toThrow(RangeError);
    },
  );

  test.each(["None", "off", "0", "1e3 s", "1_000 s", "30 s\n", "30\u00a0s", "\uff13\uff10 s", "100000000 ms"])(
    "refuses %j, too",
    (text) => {
      expect(() => parseMilliseconds(text)).toThrow(RangeError);
    },
  );
});

test("a time span that was formatted is read as the same, and accepted up to a day", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.integer({ min: 0, max: DAY }),
        fc.integer({ min: 0, max: 86_400 }).map((s) => s * 1000),
      ),
      (ms) => {
        expect(parseMilliseconds(formatMilliseconds(ms))).toBe(ms);
        expect(parseTenants(withTimeout(formatMilliseconds(ms)), "f")).toMatchObject([{ statementTimeoutMs: ms }]);
      },
    ),
  );
});

test.each([
  [0, "none"],
  [1, "1 ms"],
  [1500, "1500 ms"],
  [90_000, "90 s"],
  [5_400_000, "90 min"],
  [DAY, "24 h"],
])("%d ms is %j", (milliseconds, text) => {
  expect(formatMilliseconds(milliseconds)).toBe(text);
});

test.each([
  ["30s", 30_000],
  ["30", 30_000],
  [30, 30_000],
  ["1.5 h", 5_400_000],
  ["5 Minutes", 300_000],
  ["5m", 300_000],
  ["250ms", 250],
  ["2 d", 2 * DAY],
  ["0 s", 0],
  [0, 0],
  ["5 months", undefined],
  ["never", undefined],
  ["-5 s", undefined],
  [null, undefined],
  [["30 s"], undefined],
])("guesses that %j means %s ms", (value, milliseconds) => {
  expect(guessMilliseconds(value)).toBe(milliseconds);
});

test("whatever is refused, what the message says to write is accepted", () => {
  const amount = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e6, noNaN: true }));
  const unit = fc.constantFrom("", "s", " S", "ms", "m", " mins", "h", " hours", "d", " weeks", " ");
  const span = fc.tuple(amount, unit).map(([number, word]) => `${number}${word}`);
  fc.assert(
    fc.property(fc.oneof(span, amount, fc.string(), fc.anything()), (value) => {
      const text = withTimeout(value ?? null);
      const fits = typeof value === "string" && /^(none|[1-9]\d{0,7} (ms|s|min|h))$/.test(value);
      fc.pre(!fits);
      const { message } = refusal(text);
      fc.pre(message.includes("a time span"));
      const [, fix] = /; write "([^"]+)"$/.exec(message) ?? [];
      expect(parseTenants(withTimeout(fix), "f")).toHaveLength(1);
    }),
  );
});

test.each([
  ["24 h", DAY],
  ["1440 min", DAY],
])("%j, a day, is the most", (text, milliseconds) => {
  expect(parseTenants(withTimeout(text), "f")).toMatchObject([{ statementTimeoutMs: milliseconds }]);
});

test.each(["25 h", "1441 min", "86401 s", "99999999 h"])("%j is more than a day", (text) => {
  expect(refusal(withTimeout(text)).message).toContain('"24 h" at most, or "none" for no limit; write "24 h"');
});
