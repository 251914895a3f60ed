import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatMiB, guessMiB, parseMiB } from "../../../tenants/units.ts";

describe("parseMiB", () => {
  test.each([
    ["1 MB", 1],
    ["512 MB", 512],
    ["1 GB", 1024],
    ["2 GB", 2048],
    ["9999999 GB", 9_999_999 * 1024],
  ])("reads %j as %d MiB", (text, mebibytes) => {
    expect(parseMiB(text)).toBe(mebibytes);
  });

  test.each(["", "512", "512MB", "512  MB", " 512 MB", "512 MB ", "512 mb", "512 MiB", "0 MB", "01 MB", "-1 MB"])(
    "does not guess what %j means",
    (text) => {
      expect(() => parseMiB(text)).toThrow(RangeError);
    },
  );

  test.each([
    "1.5 GB",
    "1e3 MB",
    "1_000 MB",
    "1,000 MB",
    "512 MB\n",
    "512\u00a0MB",
    "５１２ MB",
    "10000000 MB",
    "1 TB",
  ])("refuses %j, too", (text) => {
    expect(() => parseMiB(text)).toThrow(RangeError);
  });
});

test("a size that was formatted is read as the same size", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9_999_999 }), (mebibytes) => {
      expect(parseMiB(formatMiB(mebibytes))).toBe(mebibytes);
    }),
  );
});

test("a size that was read is formatted as itself, or in GB", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9_999_999 }), fc.constantFrom("MB", "GB"), (amount, unit) => {
      const text = `${amount} ${unit}`;
      const inGigabytes = unit === "MB" && amount % 1024 === 0;
      expect(formatMiB(parseMiB(text))).toBe(inGigabytes ? `${amount / 1024} GB` : text);
    }),
  );
});

test.each([
  ["5GB", 5120],
  ["0.5 GB", 512],
  ["512m", 512],
  ["512 MiB", 512],
  ["2048 kB", 2],
  ["1 tb", 1024 * 1024],
  [512, 512],
  ["much", undefined],
  ["GB", undefined],
  [null, undefined],
  ["1".repeat(1000), undefined],
])("guesses that %j means %s MiB", (value, mebibytes) => {
  expect(guessMiB(value)).toBe(mebibytes);
});
