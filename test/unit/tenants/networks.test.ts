import { BlockList, isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mendNetwork, NETWORK_PATTERN } from "../../../tenants/networks.ts";

describe("a network in its one form comes back unchanged", () => {
  test.each([
    ...["10.0.0.0/8", "203.0.113.7/32", "0.0.0.0/0", "255.255.255.255/32", "198.51.100.128/25", "0.0.0.0/32"],
    ...["::/0", "::1/128", "2001:db8::/32", "fe80::/10", "1:2:3:4:5:6:7:8/128", "64:ff9b::/96", "::/96"],
  ])("%s", (text) => {
    expect(mendNetwork(text)).toBe(text);
    expect(text).toMatch(NETWORK_PATTERN);
  });
});

test.each([
  ["a single address", "203.0.113.7", "203.0.113.7/32"],
  ["a single address of IPv6", "2001:db8::7", "2001:db8::7/128"],
  ["host bits", "203.0.113.7/24", "203.0.113.0/24"],
  ["host bits of IPv6", "2001:db8::7/32", "2001:db8::/32"],
  ["host bits within a byte", "10.255.0.0/9", "10.128.0.0/9"],
  ["upper case", "2001:DB8::/32", "2001:db8::/32"],
  ["zeros written out", "2001:0db8:0:0:0:0:0:0/32", "2001:db8::/32"],
  ["an IPv4 address in IPv6 form", "::ffff:203.0.113.7", "203.0.113.7/32"],
  ["the same in hexadecimal", "::ffff:cb00:7107/128", "203.0.113.7/32"],
  ["an IPv4 network in IPv6 form", "::ffff:10.0.0.0/104", "10.0.0.0/8"],
  ["IPv6 that ends in IPv4", "64:ff9b::192.0.2.33/128", "64:ff9b::c000:221/128"],
  ["IPv4 behind zeros, which is not its IPv6 form", "::192.0.2.1/128", "::c000:201/128"],
  ["the same, all of it zero", "::0.0.0.0/0", "::/0"],
  ["spaces around it", " 10.0.0.0/8\n", "10.0.0.0/8"],
])("%s: %j becomes %s", (_, text, network) => {
  expect(mendNetwork(text)).toBe(network);
});

describe("no network is guessed from", () => {
  test.each([
    ...["", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "2001:db8::/129", "10.0.0.0/-5", "10.0.0.0/+8", "10.0.0.0/8.0"],
    ...[
      "10.0.0.0/08",
      "10.0.0.0/1e1",
      "10.0.0.0/0x8",
      "10.0.0.0/ 8",
      "10.0.0.0 /8",
      "10.0.0.0/8/8",
      "10.0.0.0/255.0.0.0",
    ],
    ...["010.0.0.0/8", "10.0.0.01", "0x0a.0.0.0/8", "10.0.0/8", "10", "167772160", "256.0.0.0/8", "1.2.3.4.5"],
    ...["64:ff9b::010.0.0.1/128", "::ffff:010.0.0.1", "fe80::1%eth0/64", "1::2::3", "2001:db8:::/32", "12345::/16"],
    ...["1:2:3:4:5:6:7:8:9/128", "[::1]/128", "::ffff:1.2.3.4/64", "\uff11\uff10.0.0.0/8", "localhost", "*", "all"],
    "1".repeat(65),
  ])("%j", (text) => {
    expect(mendNetwork(text)).toBeUndefined();
  });
});

const ipv4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
const ipv6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }));
const valid = fc.oneof(ipv4, ipv6).map(([address, length]) => ({ address, length, text: `${address}/${length}` }));
const nearly = fc.stringMatching(/^[0-9a-fA-F.:x%/ -]{0,45}$/);

test("every network has one form, which is a network with the same addresses", () => {
  fc.assert(
    fc.property(valid, ({ address, length, text }) => {
      const network = mendNetwork(text);
      // The only networks without one hold IPv4 addresses and others.
      if (network === undefined) return expect(length).toBeLessThan(96);
      const [base = "", mended] = network.split("/");
      expect(network).toMatch(NETWORK_PATTERN);
      expect(isIPv4(base) || isIPv6(base)).toBe(true);
      const family = isIPv4(base) ? "ipv4" : "ipv6";
      if (isIPv4(address) || family === "ipv6") expect(Number(mended)).toBe(length);
      const list = new BlockList();
      list.addSubnet(base, Number(mended), family);
      expect(list.check(address, isIPv4(address) ? "ipv4" : "ipv6")).toBe(true);
    }),
  );
});

test("what was mended stays as it is, whatever it was made from, and nothing is thrown", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        valid.map(({ text }) => text),
        nearly,
        fc.string({ unit: "binary" }),
      ),
      (text) => {
        const network = mendNetwork(text);
        if (network !== undefined) expect(mendNetwork(network)).toBe(network);
      },
    ),
    { numRuns: 2000 },
  );
});

test("a text that is too long is not tried, which would take minutes", { timeout: 2000 }, () => {
  expect(mendNetwork(`${"a".repeat(200_000)}::`)).toBeUndefined();
});
