import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addTenant, type FieldPath, removeEntry, setField } from "../../../tenants/edit.ts";
import { renameTenant } from "../../../tenants/rename.ts";
import { readYaml } from "../../../tenants/yaml.ts";
import { commentsIn } from "../../../tenants/yamlSplice.ts";

const file = `# our customers
defaults:
  plan: small   # built in

tenants:
  - id: acme
  # the big one
  - id: globex # since 2019
    database: "globex_app"
    access: { enabled: true, allow: [203.0.113.0/24] } # their office

    maxConnections: 80
  - { id: hooli, plan: large } # in braces

  - id: initech
    access:
      enabled: false # unpaid
      allow:
        - 2001:db8::/32
    renamedFrom:
      - init
# the end
`;

/** The lines that an edit took out and put in. */
function change(edit: (text: string) => string, text = file): string[] {
  const [before, after] = [text.split("\n"), edit(text).split("\n")];
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return [
    ...before.slice(start, before.length - end).map((line) => `-${line}`),
    ...after.slice(start, after.length - end).map((line) => `+${line}`),
  ];
}

describe("setField changes one line", () => {
  test.each<[string, string, FieldPath, unknown, string[]]>([
    ["a new field goes to the end", "acme", ["state"], "stopped", ["+    state: stopped"]],
    [
      "in braces it stays in braces",
      "hooli",
      ["state"],
      "stopped",
      ["-  - { id: hooli, plan: large } # in braces", "+  - { id: hooli, plan: large, state: stopped } # in braces"],
    ],
    ["another value", "globex", ["maxConnections"], 90, ["-    maxConnections: 80", "+    maxConnections: 90"]],
    [
      "in quotes where it needs them",
      "globex",
      ["database"],
      "true",
      ['-    database: "globex_app"', '+    database: "true"'],
    ],
    [
      "inside a field in braces",
      "globex",
      ["access", "enabled"],
      false,
      [
        "-    access: { enabled: true, allow: [203.0.113.0/24] } # their office",
        "+    access: { enabled: false, allow: [203.0.113.0/24] } # their office",
      ],
    ],
    ["inside a field that is not there", "acme", ["access", "enabled"], false, ["+    access: { enabled: false }"]],
    ["inside a field of lines", "initech", ["access", "maxConnectionsPerIp"], 5, ["+      maxConnectionsPerIp: 5"]],
    [
      "a default is left out, its comment stays",
      "initech",
      ["access", "enabled"],
      true,
      ["-      enabled: false # unpaid", "+      # unpaid"],
    ],
    ["a default that is written stays", "globex", ["access", "enabled"], true, []],
    ["a default that is not there stays away", "acme", ["state"], "running", []],
    [
      "undefined takes it out",
      "hooli",
      ["plan"],
      undefined,
      ["-  - { id: hooli, plan: large } # in braces", "+  - { id: hooli } # in braces"],
    ],
    ["undefined takes a line out", "globex", ["maxConnections"], undefined, ["-    maxConnections: 80"]],
    ["undefined for what is not there", "acme", ["maxConnections"], undefined, []],
  ])("%s", (_, id, path, value, expected) => {
    expect(change((text) => setField(text, id, path, value))).toEqual(expected);
  });

  test("the last field inside another takes that one with it", () => {
    const off = setField(file, "acme", ["access", "enabled"], false);
    expect(setField(off, "acme", ["access", "enabled"], true)).toBe(file);
  });
});

describe("addTenant", () => {
  test("a line for each field, after the last entry", () => {
    expect(change((text) => addTenant(text, { id: "pied-piper", plan: "large", access: { allow: ["::/0"] } }))).toEqual(
      ["+", "+  - id: pied-piper", "+    plan: large", "+    access: { allow: [ ::/0 ] }"],
    );
  });

  test.each([
    ["tenants:\n- {id: acme}", "tenants:\n- {id: acme}\n- { id: newco, plan: small }"],
    ["tenants: [{ id: acme }] # all\n", "tenants: [{ id: acme }, { id: newco, plan: small }] # all\n"],
    ["tenants:\r\n  -   id: acme\r\n", "tenants:\r\n  -   id: acme\r\n  -   id: newco\r\n      plan: small\r\n"],
    ["\uFEFFtenants:\n  - id: acme\n", "\uFEFFtenants:\n  - id: acme\n  - id: newco\n    plan: small\n"],
  ])("as the list is written: %j", (before, after) => {
    expect(addTenant(before, { id: "newco", plan: "small" })).toBe(after);
  });

  test("an id that is taken is refused", () => {
    expect(() => addTenant(file, { id: "acme" })).toThrow('tenant "acme" is there already');
  });
});

describe("removeEntry", () => {
  test.each([
    ["acme", ["-  - id: acme"]],
    ["hooli", ["-  - { id: hooli, plan: large } # in braces"]],
  ])("takes the lines of %s, and leaves the comment above the next", (id, expected) => {
    expect(change((text) => removeEntry(text, id))).toEqual(expected);
  });

  test("what was added and removed again leaves the file as it was", () => {
    expect(removeEntry(addTenant(file, { id: "newco", memory: "1 GB" }), "newco")).toBe(file);
  });

  test("from a list in brackets", () => {
    expect(removeEntry("tenants: [{ id: acme }, { id: globex }]\n", "acme")).toBe("tenants: [{ id: globex }]\n");
    expect(removeEntry("tenants: [{ id: acme }, { id: globex }]\n", "globex")).toBe("tenants: [{ id: acme }]\n");
  });
});

describe("what cannot be done is refused with a way out", () => {
  test.each([
    ["globx", "did you mean globex?"],
    ["init", "did you mean initech?"],
    ["nobody", "take one of acme, globex, hooli or initech"],
  ])("the unknown id %s", (id, fix) => {
    for (const edit of [
      () => setField(file, id, ["state"], "stopped"),
      () => removeEntry(file, id),
      () => renameTenant(file, id, "newco"),
    ]) {
      expect(edit).toThrow(expect.objectContaining({ message: `no tenant "${id}" in the file`, fix }));
    }
  });

  test.each(["", "tenants: []\n", "tenants: acme\n", "- id: acme\n"])("no list: %j", (text) => {
    expect(() => addTenant(text, { id: "newco" })).toThrow("the file has no list of tenants");
  });

  test("an alias would change with what it stands for", () => {
    const text = "tenants:\n  - &one { id: acme }\n  - id: globex\n    access: *one\n";
    expect(() => setField(text, "globex", ["access", "enabled"], false)).toThrow("cannot be edited safely");
  });
});

const id = fc.stringMatching(/^[a-z]{3,8}$/);
const comment = fc.stringMatching(/^[ -~]{0,12}$/).map((words) => `# ${words}`.trimEnd());
const after = fc.option(comment, { nil: "" }).map((text) => (text === "" ? "" : `  ${text}`));
const above = (indent: string) =>
  fc.array(
    fc.oneof(
      fc.constant(""),
      comment.map((text) => `${indent}${text}`),
    ),
    { maxLength: 2 },
  );
const value = fc.oneof(
  fc.constantFrom("small", '"512 MB"', "'a # b'", "40", "[203.0.113.0/24, '::/0']", "{ enabled: false }"),
);
const fields = fc.uniqueArray(fc.tuple(fc.constantFrom("plan", "memory", "access", "database"), value), {
  selector: ([key]) => key,
  maxLength: 3,
});

const blockEntry = (name: string) =>
  fc
    .tuple(above("  "), after, fields, fc.array(fc.tuple(above("    "), after), { minLength: 3, maxLength: 3 }))
    .map(([lines, end, pairs, around]) => [
      ...lines,
      `  - id: ${name}${end}`,
      ...pairs.flatMap(([key, text], index) => [
        ...(around[index]?.[0] ?? []),
        `    ${key}: ${text}${around[index]?.[1]}`,
      ]),
    ]);
const flowEntry = (name: string) =>
  fc
    .tuple(above("  "), after, fields)
    .map(([lines, end, pairs]) => [
      ...lines,
      `  - { ${[`id: ${name}`, ...pairs.map(([key, text]) => `${key}: ${text}`)].join(", ")} }${end}`,
    ]);
const anyFile = fc.uniqueArray(id, { minLength: 1, maxLength: 4 }).chain((names) =>
  fc
    .tuple(
      above(""),
      above(""),
      fc.constantFrom("\n", "\r\n"),
      ...names.map((name) => fc.oneof(blockEntry(name), flowEntry(name))),
    )
    .map(([head, tail, end, ...entries]) => ({
      text: [...head, "tenants:", ...entries.flat(), ...tail, ""].join(end),
      names,
    })),
);
const anyChange = fc.constantFrom<[FieldPath, unknown][]>(
  [["state"], "stopped"],
  [["state"], "running"],
  [["plan"], "large"],
  [["plan"], undefined],
  [["access", "enabled"], false],
  [["access", "enabled"], true],
  [["memory"], "2 GB"],
  [["database"], "null"],
);

const entriesOf = (text: string) => (readYaml(text).data as { tenants: { id: string }[] }).tenants;
const others = (text: string, name: string) => entriesOf(text).filter((entry) => entry.id !== name);

describe("whatever the file looks like", () => {
  test("setField keeps every comment and every other entry, and does nothing the second time", () => {
    fc.assert(
      fc.property(anyFile, anyChange, fc.nat(), ({ text, names }, [path, value], pick) => {
        const name = names[pick % names.length] ?? "";
        // What is in quotes or a list has nothing inside it to be set.
        fc.pre(
          path.length === 1 ||
            typeof (entriesOf(text).find((e) => e.id === name) as Record<string, unknown>)["access"] !== "string",
        );
        const result = setField(text, name, path, value);
        expect(commentsIn(result).toSorted()).toEqual(commentsIn(text).toSorted());
        expect(others(result, name)).toEqual(others(text, name));
        expect(setField(result, name, path, value)).toBe(result);
      }),
    );
  });

  test("a field that was added and taken out again leaves the text as it was", () => {
    fc.assert(
      fc.property(anyFile, fc.nat(), ({ text, names }, pick) => {
        const name = names[pick % names.length] ?? "";
        expect(setField(setField(text, name, ["state"], "stopped"), name, ["state"], undefined)).toBe(text);
      }),
    );
  });

  test("addTenant and renameTenant keep every comment; removeEntry all but the entry's own", () => {
    fc.assert(
      fc.property(anyFile, fc.nat(), ({ text, names }, pick) => {
        const name = names[pick % names.length] ?? "";
        const added = addTenant(text, { id: "new-co", plan: "small" });
        expect(commentsIn(added)).toEqual(commentsIn(text));
        expect(others(added, "new-co")).toEqual(entriesOf(text));
        const renamed = renameTenant(text, name, "new-co");
        expect(commentsIn(renamed)).toEqual(commentsIn(text));
        expect(others(renamed, "new-co")).toEqual(others(text, name));
        expect(entriesOf(removeEntry(added, name)).map((entry) => entry.id)).not.toContain(name);
        expect(others(removeEntry(added, name), name)).toEqual(others(added, name));
      }),
    );
  });
});
