import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LastTenant } from "../../../components/lastDeployment.ts";
import { listAll, type PreviewRequest, parsePreviewRequest } from "../../../components/previewDatabases.ts";
import { lastTenant } from "../../support/tenants.ts";

let folder = "";
let file = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants-previews-"));
  file = join(folder, "tenants.yaml");
  writeFileSync(file, "tenants:\n  - id: acme\n  - { id: globex-eu, renamedFrom: globex }\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entry = (id: string, more = {}) => ({ id, ephemeral: { expires: "7 days" }, ...more });
const nothing: PreviewRequest = { create: [], delete: [] };
const until = "2026-11-29T12:00:00.000Z";
const remembered = (...ids: readonly string[]) =>
  new Map<string, LastTenant>(ids.map((id) => [id, lastTenant({ until, entry: entry(id) })]));
const idsOf = (request: Partial<PreviewRequest>, last = remembered()) =>
  listAll(file, { ...nothing, ...request }, last).servers.map(({ id }) => id);

describe("the list", () => {
  test("is the file's where there are no preview databases", () => {
    expect(idsOf({}, new Map([["acme", lastTenant()]]))).toEqual(["acme", "globex-eu"]);
  });

  test("has those that the state remembers, and those that are asked for, with their entries", () => {
    const asked = entry("pr-13", { from: { clone: "acme" }, plan: "large" });
    const listed = listAll(file, { ...nothing, create: [asked] }, remembered("pr-12")).servers;
    expect(listed.map(({ id }) => id)).toEqual(["acme", "globex-eu", "pr-12", "pr-13"]);
    expect(listed[3]).toMatchObject({ entry: asked, plan: "large", lifeSeconds: 604_800, from: { source: "acme" } });
    expect(listed[3]?.backup.enabled).toBe(false);
    expect(listed[0]).not.toHaveProperty("entry");
  });

  test("has not those that are to go, and one that is there only once, as it is", () => {
    expect(idsOf({ delete: ["pr-12", "pr-99"] }, remembered("pr-12", "pr-13"))).toEqual(["acme", "globex-eu", "pr-13"]);
    const again = listAll(
      file,
      { ...nothing, create: [entry("pr-12", { plan: "large" })] },
      remembered("pr-12"),
    ).servers;
    expect(again.at(-1)).toMatchObject({ id: "pr-12", plan: "small" });
  });

  test.each(["acme", "globex", "globex-eu"])("refuses a new one with the id %s, which a tenant has or had", (id) => {
    expect(() => idsOf({ create: [entry(id)] })).toThrow(`got the id "${id}", expected one that no tenant in ${file}`);
  });

  test("refuses a tenant in the file with the id of one that is there", () => {
    expect(() => idsOf({}, remembered("acme"))).toThrow(`${file}: got "acme", expected an id that no preview database`);
  });

  test("holds an entry against the rules of the file", () => {
    expect(() => idsOf({ create: [entry("PR-13")] })).toThrow("tenants[2]");
    expect(() => idsOf({ create: [entry("pr-13", { plan: "huge" })] })).toThrow("the name of a plan");
  });
});

test.each([
  ["what was left out is nothing", { create: [entry("pr-12")] }, { create: [entry("pr-12")], delete: [] }],
  ["an empty one", {}, nothing],
])("the setting: %s", (_, value, expected) => {
  expect(parsePreviewRequest(value)).toEqual(expected);
});

test.each([[[]], ["pr-12"], [{ create: ["pr-12"] }], [{ make: [] }], [{ create: [{ id: 12 }] }]])(
  "a setting of another form is refused: %j",
  (value) => {
    expect(() => parsePreviewRequest(value)).toThrow("previewDatabases: expected a mapping with create");
  },
);
