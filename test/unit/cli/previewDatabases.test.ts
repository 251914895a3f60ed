import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { withSetting } from "../../../cli/pgt/extraSettings.ts";
import { previewDatabasesIn, renderPreviewDatabases, toSweep } from "../../../cli/pgt/previewDatabases.ts";
import { lastTenant } from "../../support/tenants.ts";

const until = (day: number) => `2026-11-${day}T12:00:00.000Z`;
const preview = (id: string, day: number) => [id, lastTenant({ until: until(day), entry: { id } })] as const;
const last = new Map([
  ["acme", lastTenant()],
  ["trial", lastTenant({ until: until(20) })],
  preview("pr-12", 25),
  preview("pr-14", 21),
  preview("demo", 30),
]);
const found = previewDatabasesIn(last);

test("preview databases are the tenants that are in no file", () => {
  expect(renderPreviewDatabases(found)).toMatchInlineSnapshot(`
    "TENANT  PULL REQUEST  UNTIL
    pr-12   12            2026-11-25T12:00:00.000Z
    pr-14   14            2026-11-21T12:00:00.000Z
    demo    -             2026-11-30T12:00:00.000Z
    "
  `);
  expect(renderPreviewDatabases([])).toBe("No preview databases.\n");
});

test.each([
  ["only time counts where nobody says which are open", undefined, ["pr-14"]],
  ["those of closed ones go as well", [14], ["pr-12", "pr-14"]],
  ["an open one stays until its time is up", [12, 14], ["pr-14"]],
  ["none is open", [], ["pr-12", "pr-14"]],
])("%s", (_, open, gone) => {
  expect(toSweep(found, open, new Date("2026-11-22T12:00:00Z")).map(({ id }) => id)).toEqual(gone);
});

test("a setting for one deployment is in a copy of this user's alone, which goes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pgtenants-extra-"));
  try {
    const file = join(folder, "Pulumi.dev.yaml");
    const text = "config:\n  domain: db.example.com # ours\nencryptionsalt: v1:abc\n";
    writeFileSync(file, text);
    let copy = "";
    await withSetting({ file }, "previewDatabases", { delete: ["pr-12"] }, async (settings) => {
      copy = settings;
      expect(parse(readFileSync(settings, "utf8"))).toEqual({
        config: { domain: "db.example.com", previewDatabases: { delete: ["pr-12"] } },
        encryptionsalt: "v1:abc",
      });
      expect(statSync(settings).mode & 0o077).toBe(0);
    });
    expect(() => statSync(dirname(copy))).toThrow("ENOENT");
    expect(readFileSync(file, "utf8")).toBe(text);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
