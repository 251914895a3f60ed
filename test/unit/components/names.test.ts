import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ownerLabels, stackNames, tenantHost } from "../../../components/names.ts";

const longestId = "a".repeat(40);

describe("stackNames", () => {
  test("every name carries project and stack", () => {
    const names = stackNames("dev");
    expect([names.stack, names.routerFiles, names.offsite, names.tenant("acme"), names.bridgeInterface]).toEqual([
      "pgtenants-dev",
      "pgtenants-dev_router",
      "pgtenants-dev_offsite",
      "pgtenants-dev.acme",
      "pgt-dev",
    ]);
  });

  test("no two tenants of any two stacks share a name", () => {
    const stack = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
    const id = fc.stringMatching(/^[a-z][a-z0-9-]{1,38}[a-z0-9]$/);
    fc.assert(
      fc.property(stack, id, stack, id, (stackA, idA, stackB, idB) => {
        const [a, b] = [stackNames(stackA), stackNames(stackB)];
        expect(a.tenant(idA) === b.tenant(idB)).toBe(stackA === stackB && idA === idB);
        expect([a.tenant(idA), a.routerFiles]).not.toContain(b.stack);
        expect(a.tenant(idA)).not.toBe(b.routerFiles);
      }),
    );
    expect(stackNames("dev").tenant("eu-acme")).not.toBe(stackNames("dev-eu").tenant("acme"));
  });

  test.each(["", "Dev", "dev_1", "9dev", "a.b", "twelve-chars"])("refuses the stack name %j", (stack) => {
    expect(() => stackNames(stack)).toThrow(
      /^stack name: got ".*", expected at most 11 lower case letters, digits and dashes/,
    );
  });

  test("the longest stack's name fits the kernel's 15 characters for an interface, and leaves room for the longest tenant id", () => {
    const names = stackNames("eleven-char");
    expect(names.bridgeInterface).toHaveLength(15);
    expect(names.tenant(longestId)).toHaveLength(62);
  });
});

test("the host name is the tenant's label under the domain", () => {
  expect(tenantHost("acme", "db.example.com")).toBe("acme.db.example.com");
});

test("labels say project, stack and tenant", () => {
  const labels = Object.fromEntries(ownerLabels("dev", "acme").map(({ label, value }) => [label, value]));
  expect(labels).toEqual({
    "dev.pgtenants.project": "pgtenants",
    "dev.pgtenants.stack": "dev",
    "dev.pgtenants.tenant": "acme",
  });
});
