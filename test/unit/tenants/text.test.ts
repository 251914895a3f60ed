import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closest, either, escaped, guessable, quoted } from "../../../tenants/text.ts";

test.each([
  ["acme", '"acme"'],
  ['say "hi" \\o/', '"say \\"hi\\" \\\\o/"'],
  ["a\nb\0", '"a\\u{a}b\\u{0}"'],
  ["abc\u202edef", '"abc\\u{202e}def"'],
  ["\u0430cme", '"\\u{430}cme"'],
  ["\u{1f600}", '"\\u{1f600}"'],
  ["\u001b[31mred", '"\\u{1b}[31mred"'],
  ["x".repeat(41), `"${"x".repeat(40)}..." (41 characters)`],
])("shows %j as %s", (text, shown) => {
  expect(quoted(text)).toBe(shown);
});

test("whatever the text, what is shown is short and printable ASCII", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      expect(escaped(text)).toMatch(/^[\x20-\x7e]*$/);
      expect(quoted(text)).toMatch(/^[\x20-\x7e]*$/);
      expect(quoted(text).length).toBeLessThan(480);
    }),
  );
});

describe("closest", () => {
  const fields = ["id", "plan", "memory", "cpuShares", "maxConnections", "sharedBuffers"];
  test.each([
    ["memry", "memory"],
    ["Memory", "memory"],
    ["max_connections", "maxConnections"],
    ["max-conections", "maxConnections"],
    ["shared_buffer", "sharedBuffers"],
    ["ids", undefined],
    ["colour", undefined],
    ["", undefined],
    ["memory".repeat(100), undefined],
  ])("takes %j for %s", (word, meant) => {
    expect(closest(word, fields)).toBe(meant);
  });
});

test.each([
  [[], ""],
  [["a"], "a"],
  [["a", "b"], "a or b"],
  [["a", "b", "c"], "a, b or c"],
  [Array.from({ length: 15 }, (_, index) => `p${index}`), "p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11 or 3 more"],
])("lists %j", (words, text) => {
  expect(either(words)).toBe(text);
});

test.each([
  ["30s", "30s"],
  [30, "30"],
  [true, "true"],
  ["x".repeat(64), "x".repeat(64)],
  ["x".repeat(65), ""],
  [null, ""],
  [undefined, ""],
  [["30 s"], ""],
  [{ toString: "no function" }, ""],
])("guesses from %j by %j", (value, text) => {
  expect(guessable(value)).toBe(text);
});
