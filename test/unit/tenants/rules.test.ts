import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTenants } from "../../../tenants/load.ts";
import { refusal } from "../../support/fixtures/read.ts";

const lines = (file: unknown): string[] => refusal(JSON.stringify(file)).message.split("\n");
const accepted = (file: unknown): number => parseTenants(JSON.stringify(file), "f").length;

describe("ids are unique", () => {
  test.each([
    ["acme", "acme"],
    ["acme-eu", "acme_eu"],
    ["acme", "ACME"],
    ["Acme", "acme"],
    ["acme", " acme"],
  ])("%j and %j are the same", (first, second) => {
    expect(lines({ tenants: [{ id: first }, { id: "hooli" }, { id: second }] })).toContainEqual(
      expect.stringContaining("tenants[2].id: got"),
    );
    expect(lines({ tenants: [{ id: first }, { id: second }] }).join("\n")).toContain("tenants[0] has it already");
  });

  test("acme-eu and acmeeu are not", () => {
    expect(accepted({ tenants: [{ id: "acme-eu" }, { id: "acmeeu" }, { id: "acme-e-u" }] })).toBe(3);
  });
});

describe("a plan that is named exists", () => {
  const medium = { medium: { memory: "1 GB" } };
  test.each(["small", "large", "medium"])("%s does", (plan) => {
    expect(accepted({ plans: medium, defaults: { plan }, tenants: [{ id: "acme" }, { id: "hooli", plan }] })).toBe(2);
  });

  test("one that does not is told for the defaults and for each tenant", () => {
    expect(lines({ defaults: { plan: "huge" }, tenants: [{ id: "acme", plan: "smal" }, { id: "hooli" }] })).toEqual([
      expect.stringMatching(
        /defaults\.plan: got "huge", .*small or large; write one of them, or add "huge" under plans$/,
      ),
      expect.stringMatching(/tenants\[0\] \("acme"\)\.plan: got "smal", .*; did you mean "small"\?$/),
    ]);
  });

  test("one whose values are refused is not called missing", () => {
    expect(lines({ plans: { medium: { memory: "1GB" } }, tenants: [{ id: "acme", plan: "medium" }] })).toHaveLength(1);
    expect(lines({ plans: "none", tenants: [{ id: "acme", plan: "medium" }] })).toHaveLength(1);
  });

  test.each(["constructor", "tostring", "valueof"])("%s is not found on JavaScript's objects", (plan) => {
    expect(lines({ tenants: [{ id: "acme", plan }] })).toEqual([
      expect.stringContaining("expected the name of a plan"),
    ]);
  });
});

describe("shared buffers take at most half of the memory", () => {
  const wide = { wide: { memory: "1 GB", sharedBuffers: "512 MB" } };

  test.each([
    ["exactly half", { memory: "1 GB", sharedBuffers: "512 MB" }],
    ["half of the plan's memory", { sharedBuffers: "128 MB" }],
    ["the plan's, of less memory", { memory: "96 MB" }],
  ])("%s is fine", (_, fields) => {
    expect(accepted({ tenants: [{ id: "acme", ...fields }] })).toBe(1);
  });

  test.each([
    [
      { memory: "1 GB", sharedBuffers: "513 MB" },
      '.sharedBuffers: got "513 MB", expected at most half of the memory of "1 GB"; write "512 MB" or less',
    ],
    [
      { sharedBuffers: "129 MB" },
      '.sharedBuffers: got "129 MB", expected at most half of the memory of "256 MB"; write "128 MB" or less',
    ],
    [
      { plan: "wide", memory: "512 MB" },
      '.memory: got "512 MB", expected at least twice the sharedBuffers of "512 MB"; write "1 GB" or more',
    ],
  ])("%j is refused where the tenant says it", (fields, message) => {
    expect(lines({ plans: wide, tenants: [{ id: "acme", ...fields }] })).toEqual([expect.stringContaining(message)]);
  });

  test("a plan's own fault is told once, at the plan", () => {
    const plans = { wide: { memory: "512 MB", sharedBuffers: "512 MB" } };
    const tenants = ["acme", "hooli"].map((id) => ({ id, plan: "wide" }));
    expect(lines({ plans, tenants })).toEqual([expect.stringContaining("plans.wide.sharedBuffers: got")]);
  });

  test("a change of a built-in plan is judged with its other values", () => {
    expect(lines({ plans: { large: { memory: "1000 MB" } }, tenants: [{ id: "acme" }] })).toEqual([
      expect.stringContaining(
        'plans.large.memory: got "1000 MB", expected at least twice the sharedBuffers of "512 MB"',
      ),
    ]);
  });

  test("nothing is concluded from a value that was refused", () => {
    expect(lines({ tenants: [{ id: "acme", memory: "4GB", sharedBuffers: "1 GB" }] })).toHaveLength(1);
    expect(lines({ tenants: [{ id: "acme", plan: "huge", sharedBuffers: "1 GB" }] })).toHaveLength(1);
    expect(lines({ defaults: { plan: 1 }, tenants: [{ id: "acme", sharedBuffers: "1 GB" }] })).toHaveLength(1);
    expect(
      lines({ plans: { small: { memory: "4GB" } }, tenants: [{ id: "acme", sharedBuffers: "1 GB" }] }),
    ).toHaveLength(1);
  });
});

describe("connections of 2 MB each fit into the memory beside the shared buffers", () => {
  const busy = { busy: { maxConnections: 100 } };

  test.each([
    ["as many as there is room for", { memory: "64 MB", maxConnections: 24 }],
    ["as much memory as they need", { memory: "96 MB" }],
    ["as many shared buffers as they leave", { plan: "busy", sharedBuffers: "56 MB" }],
    ["all of the largest values", { memory: "1024 GB", sharedBuffers: "512 GB", maxConnections: 5000 }],
  ])("%s is fine", (_, fields) => {
    expect(accepted({ plans: busy, tenants: [{ id: "acme", ...fields }] })).toBe(1);
  });

  test.each([
    [{ memory: "64 MB", maxConnections: 25 }, ".maxConnections: got 25, expected at most 24: each takes 2 MB"],
    [{ memory: "95 MB" }, '.memory: got "95 MB", expected at least "96 MB": the sharedBuffers of "16 MB" and 2 MB'],
    [{ plan: "busy", sharedBuffers: "57 MB" }, '.sharedBuffers: got "57 MB", expected at most "56 MB": the memory'],
    [{ maxConnections: 200, sharedBuffers: "32 MB" }, ".maxConnections: got 200, expected at most 112"],
    [{ plan: "large", memory: "527 MB", sharedBuffers: "128 MB" }, '.memory: got "527 MB", expected at least "528 MB"'],
  ])("%j is refused once, at a value that the tenant sets", (fields, message) => {
    expect(lines({ plans: busy, tenants: [{ id: "acme", ...fields }] })).toEqual([expect.stringContaining(message)]);
  });

  test("what needs more than the memory is refused, and each of the two ways to mend it does", () => {
    const sizes = fc.record({
      memory: fc.integer({ min: 64, max: 512 }),
      sharedBuffers: fc.integer({ min: 1, max: 32 }),
      maxConnections: fc.integer({ min: 5, max: 512 }),
    });
    fc.assert(
      fc.property(sizes, ({ memory, sharedBuffers, maxConnections }) => {
        const tenant = { id: "acme", memory: `${memory} MB`, sharedBuffers: `${sharedBuffers} MB`, maxConnections };
        if (sharedBuffers + 2 * maxConnections > memory) {
          const [, most, least] =
            /write (\d+) or less, or raise memory to "(.+)"$/.exec(lines({ tenants: [tenant] }).join()) ?? [];
          expect(accepted({ tenants: [{ ...tenant, maxConnections: Number(most) }] })).toBe(1);
          expect(accepted({ tenants: [{ ...tenant, memory: least }] })).toBe(1);
        } else expect(accepted({ tenants: [tenant] })).toBe(1);
      }),
    );
  });

  test("shared buffers that do not fit by themselves are told, and nothing of the connections", () => {
    const tenant = { id: "acme", memory: "64 MB", sharedBuffers: "64 MB", maxConnections: 5000 };
    expect(lines({ tenants: [tenant] })).toEqual([expect.stringContaining("at most half of the memory")]);
    const large = { id: "acme", plan: "large", memory: "256 MB" };
    expect(lines({ tenants: [large] })).toEqual([expect.stringContaining("at least twice the sharedBuffers")]);
  });

  test("a plan's own fault is told once, at the plan", () => {
    const tenants = [
      { id: "acme", plan: "many" },
      { id: "hooli", plan: "many", sharedBuffers: "8 MB" },
    ];
    expect(lines({ plans: { many: { maxConnections: 5000 } }, tenants })).toEqual([
      expect.stringContaining("plans.many.maxConnections: got 5000, expected at most 120"),
    ]);
  });

  test("nothing is concluded from a value that was refused", () => {
    expect(lines({ tenants: [{ id: "acme", memory: "4GB", maxConnections: 500 }] })).toHaveLength(1);
    expect(lines({ tenants: [{ id: "acme", plan: "huge", maxConnections: 500 }] })).toHaveLength(1);
    expect(lines({ tenants: [{ id: "acme", memory: "64 MB", maxConnections: "24" }] })).toHaveLength(1);
  });
});

const few = { few: { maxConnections: 24 } };
const roomy = { roomy: { memory: "16 GB" } };

test.each([
  ["memory", few, ["64 MB", "1024 GB"], ["63 MB", "1025 GB"]],
  ["cpuShares", {}, [2, 262_144], [1, 262_145, -2, 2.5, "256", null, true, [256]]],
  ["maxConnections", roomy, [5, 5000], [4, 5001, 0, 40.5, "40", null, {}]],
  ["sharedBuffers", {}, ["1 MB", "128 MB"], ["0 MB", "129 MB", 16, "16", "16MB", null]],
])("%s has its range", (field, plans, fitting, refused) => {
  const plan = Object.keys(plans)[0] ?? "small";
  const file = (value: unknown) => ({ plans, tenants: [{ id: "acme", plan, [field]: value }] });
  for (const value of fitting) expect(accepted(file(value))).toBe(1);
  for (const value of refused) {
    expect(lines(file(value))).toEqual([expect.stringContaining(`tenants[0] ("acme").${field}: got`)]);
  }
});
