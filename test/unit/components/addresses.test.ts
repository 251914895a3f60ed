import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gatewayOf, overlaps, placeTenants } from "../../../components/addresses.ts";

const subnet = "198.18.0.0/16";
const id = fc.stringMatching(/^[a-z][a-z0-9]{2,8}$/);
const idSets = fc.uniqueArray(id, { minLength: 1, maxLength: 60 });
/** A network of 29 tenants, in which nearly every new tenant meets a taken slot. */
const crowded = "10.1.2.0/27";

function book(network: string, ids: readonly string[], recorded: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(
    placeTenants(
      network,
      ids.map((id) => ({ id })),
      recorded,
    ).map((tenant) => [tenant.id, tenant.address]),
  );
}

describe("placeTenants", () => {
  test("no two tenants share an address, and none has the bridge's own", () => {
    fc.assert(
      fc.property(fc.uniqueArray(id, { minLength: 1, maxLength: 29 }), (ids) => {
        const addresses = Object.values(book(crowded, ids));
        expect(new Set(addresses).size).toBe(ids.length);
        for (const reserved of ["10.1.2.0", gatewayOf(crowded), "10.1.2.31"]) expect(addresses).not.toContain(reserved);
        for (const address of addresses) expect(address).toMatch(/^10\.1\.2\.([2-9]|[12]\d|30)$/);
      }),
    );
  });

  test("the order of the list does not matter", () => {
    fc.assert(
      fc.property(
        idSets.chain((ids) => fc.tuple(fc.constant(ids), fc.shuffledSubarray(ids, { minLength: ids.length }))),
        ([ids, shuffled]) => {
          expect(book(subnet, shuffled)).toEqual(book(subnet, ids));
        },
      ),
    );
  });

  test("no tenant moves because others came or went", () => {
    const before = fc.uniqueArray(id, { minLength: 1, maxLength: 29 });
    fc.assert(
      fc.property(before, fc.uniqueArray(id, { maxLength: 29 }), (first, second) => {
        const recorded = book(crowded, first);
        const after = book(crowded, second, recorded);
        for (const stayed of second.filter((name) => first.includes(name)))
          expect(after[stayed]).toBe(recorded[stayed]);
      }),
    );
  });

  test("a newcomer does not get the address of a tenant that goes, as long as another is free", () => {
    const sets = fc.uniqueArray(id, { minLength: 2, maxLength: 14 });
    fc.assert(
      fc.property(sets, sets, (before, after) => {
        const recorded = book(crowded, before);
        const left = before.filter((name) => !after.includes(name)).map((name) => recorded[name]);
        for (const name of after.filter((name) => !before.includes(name))) {
          expect(left).not.toContain(book(crowded, after, recorded)[name]);
        }
      }),
    );
    const full = "10.1.2.0/29";
    expect(book(full, ["f", "g", "h", "i", "j"], book(full, ["a", "b", "c", "d", "e"]))).toHaveProperty("j");
  });

  test("keeps the list's order and adds nothing but the address", () => {
    const placed = placeTenants(
      subnet,
      [
        { id: "zeta", plan: "small" },
        { id: "alpha", plan: "large" },
      ],
      {},
    );
    expect(placed.map(({ address, ...rest }) => rest)).toEqual([
      { id: "zeta", plan: "small" },
      { id: "alpha", plan: "large" },
    ]);
  });

  test.each([
    ["an address of another subnet", "10.9.9.9"],
    ["the bridge's own address", "198.18.0.1"],
    ["the broadcast address", "198.18.255.255"],
    ["no address at all", "acme"],
    ["an address in another notation", "3323068418"],
  ])("gives a new address where the recorded one is %s", (_, recorded) => {
    expect(book(subnet, ["acme"], { acme: recorded })).toEqual(book(subnet, ["acme"]));
  });

  test("two tenants recorded at one address are told apart", () => {
    const after = book(subnet, ["acme", "globex"], { acme: "198.18.7.7", globex: "198.18.7.7" });
    expect(after["acme"]).toBe("198.18.7.7");
    expect(after["globex"]).not.toBe("198.18.7.7");
  });

  test.each(["198.18.0.0", "198.18.0.1/16", "198.18.0.0/30", "0.0.0.0/0", "fd00::/64", "acme", ""])(
    "refuses the subnet %j",
    (wrong) => {
      expect(() => book(wrong, ["acme"])).toThrow(/^subnet: got ".*", expected an IPv4 network/);
    },
  );

  test("refuses a subnet that is too small", () => {
    const ids = ["a", "b", "c", "d", "e", "f"];
    expect(() => book("10.1.2.0/29", ids)).toThrow(
      "subnet: got 10.1.2.0/29 with room for 5 tenants, expected room for 6; choose a larger one",
    );
  });
});

test.each([
  ["198.18.0.0/16", "198.18.7.0/24", true],
  ["198.18.7.0/24", "198.18.0.0/16", true],
  ["198.18.0.0/16", "198.18.0.0/16", true],
  ["198.18.0.0/16", "198.19.0.0/16", false],
  ["198.18.0.0/24", "198.18.1.0/24", false],
  ["198.18.0.0/16", "0.0.0.0/0", true],
  ["198.18.0.0/16", "fd00::/8", false],
])("%s and %s have an address in common: %s", (subnet, other, expected) => {
  expect(overlaps(subnet, other)).toBe(expected);
});
