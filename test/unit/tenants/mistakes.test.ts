import { join } from "node:path";
import { expect, test } from "vitest";
import { loadTenants } from "../../../tenants/load.ts";
import { fixture, mistakes, refusal } from "../../support/fixtures/read.ts";

const folder = join(import.meta.dirname, "../../support/fixtures");

test.each(mistakes)("%s: one line says where, what was got, what was expected, and the fix", async (name) => {
  const { message } = refusal(fixture(`mistakes/${name}.yaml`));
  expect(message).toMatch(/^tenants\.yaml:\d+:\d+( [^ ].*)?: got [^\n]+, expected [^\n]+; [^\n]+$/);
  await expect(`${message}\n`).toMatchFileSnapshot(join(folder, "mistakes", `${name}.txt`));
});

test("five different mistakes are told at once, in the order of the file", async () => {
  const error = refusal(fixture("five-mistakes.yaml"), "tenants/tenants.yaml");
  expect(error.message.split("\n")).toHaveLength(5);
  await expect(`${error.message}\n`).toMatchFileSnapshot(join(folder, "five-mistakes.txt"));
});

test("the error carries what its message says, for programs", () => {
  expect(refusal("tenants:\n  - id: acme\n    memory: 5GB\n", "some.yaml")).toMatchObject({
    name: "TenantsFileError",
    file: "some.yaml",
    issues: [
      {
        line: 3,
        column: 13,
        path: 'tenants[0] ("acme").memory',
        message: 'got "5GB", expected a size such as "512 MB" or "2 GB"; write "5 GB"',
      },
    ],
  });
});

test("past a hundred lines the message counts, and the issues are all there", () => {
  const error = refusal(`tenants:\n${"  - id: Acme\n".repeat(150)}`, "f.yaml");
  const lines = error.message.split("\n");
  // Each id is refused for its form, and from the second on for being taken.
  expect(lines).toHaveLength(101);
  expect(lines.at(-1)).toBe("f.yaml: and 199 more");
  expect(error).toMatchObject({ issues: { length: 299 } });
});

test("every file of the folder is refused from disk as well", () => {
  for (const name of mistakes) {
    expect(() => loadTenants(join(folder, "mistakes", `${name}.yaml`)), name).toThrow(`${name}.yaml:`);
  }
});
