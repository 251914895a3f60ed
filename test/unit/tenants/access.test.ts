import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTenants } from "../../../tenants/load.ts";
import { refusal } from "../../support/fixtures/read.ts";

const withAccess = (access: unknown): string =>
  JSON.stringify({ tenants: [{ id: "acme", maxConnections: 30, access }] });
const accessOf = (access: unknown) => parseTenants(withAccess(access), "f")[0]?.access;

test.each([
  [{}, { enabled: true, allow: [], maxConnectionsPerIp: 30 }],
  [{ enabled: false }, { enabled: false, allow: [], maxConnectionsPerIp: 30 }],
  [{ maxConnectionsPerIp: 5 }, { enabled: true, allow: [], maxConnectionsPerIp: 5 }],
  [
    { enabled: true, allow: ["10.0.0.0/8"] },
    { enabled: true, allow: ["10.0.0.0/8"], maxConnectionsPerIp: 30 },
  ],
])("%j comes to %j", (access, expected) => {
  expect(accessOf(access)).toStrictEqual(expected);
});

test.each([
  ["- 10.0.0.0/8\n        - 2001:db8::/32\n        - ::/0"],
  ["[10.0.0.0/8, 2001:db8::/32, ::/0]"],
  ['["10.0.0.0/8", "2001:db8::/32", "::/0"]'],
])("networks need no quotes in YAML: %j", (list) => {
  const separator = list.startsWith("[") ? " " : "\n        ";
  const text = `tenants:\n  - id: acme\n    access:\n      allow:${separator}${list}\n`;
  expect(parseTenants(text, "f")[0]?.access.allow).toEqual(["10.0.0.0/8", "2001:db8::/32", "::/0"]);
});

test("a list of networks in another order is no change", () => {
  const networks = ["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32"];
  fc.assert(
    fc.property(fc.shuffledSubarray(networks, { minLength: networks.length }), (allow) => {
      expect(accessOf({ allow })).toEqual(accessOf({ allow: networks }));
    }),
  );
});

test("100 networks are accepted, each mistake among them is told at its own place", () => {
  const allow = Array.from({ length: 100 }, (_, index) => `10.0.${index}.0/24`);
  expect(accessOf({ allow })?.allow).toHaveLength(100);
  const wrong = allow.with(7, "10.0.7.1/24").with(99, "x");
  expect(refusal(withAccess({ allow: wrong })).message.split("\n")).toEqual([
    expect.stringMatching(
      /\.access\.allow\[7\]: got "10\.0\.7\.1\/24", expected a network .*; write "10\.0\.7\.0\/24"$/,
    ),
    expect.stringMatching(/\.access\.allow\[99\]: got "x", expected a network .*; write an IP address without/),
  ]);
});

test("several mistakes inside are all told", () => {
  const { message } = refusal(withAccess({ enabled: "yes", allow: [], maxConnectionsPerIp: 10_001, until: "noon" }));
  expect(message.split("\n")).toHaveLength(4);
});

test.each([
  [true, "access: { enabled: true }"],
  [false, "access: { enabled: false }"],
  [null, "access: { enabled: false }"],
  ["off", "access: { enabled: false }"],
  [["10.0.0.0/8"], "access: { enabled: false }"],
])("%j is no mapping: write %s", (access, advice) => {
  expect(refusal(withAccess(access)).message).toContain(`write it as "${advice}"`);
});

test.each([
  ["yes", true],
  ["On", true],
  [1, true],
  ["TRUE", true],
  ["tru", true],
  ["no", false],
  ["OFF", false],
  [0, false],
  ["False", false],
  ["disabled", undefined],
  ["", undefined],
  [null, undefined],
])("enabled: %j is told to write %s", (enabled, meant) => {
  expect(refusal(withAccess({ enabled })).message).toMatch(
    new RegExp(`expected true or false, without quotes; write ${meant ?? "one of them"}$`),
  );
});

test("a password in the file is not repeated in the message", () => {
  const text = JSON.stringify({ tenants: [{ id: "acme", password: "correct-horse" }] });
  const { message } = refusal(text);
  expect(message).not.toContain("horse");
  expect(message).toContain(
    '.password: got something else, expected generated or custom; for a password of your own write "custom"',
  );
});
