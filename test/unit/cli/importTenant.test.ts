import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withClone } from "../../../cli/pgt/commands/clone.ts";
import { importTenant, pathFor } from "../../../cli/pgt/commands/importTenant.ts";
import type { Context } from "../../../cli/pgt/context.ts";
import { parseTenants } from "../../../tenants/load.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants-import-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test("a path is written from the project's folder on, and one that leads out of it as it is", () => {
  mkdirSync(join(folder, "project/dumps"), { recursive: true });
  for (const file of ["project/dumps/a.dump", "b.dump"]) writeFileSync(join(folder, file), "");
  const project = join(folder, "project");
  vi.spyOn(process, "cwd").mockReturnValue(join(project, "dumps"));
  expect(pathFor(project, join(project, "dumps/a.dump"))).toBe("./dumps/a.dump");
  expect(pathFor(project, join(folder, "b.dump"))).toBe(join(folder, "b.dump"));
  expect(() => pathFor(project, join(folder, "c.dump"))).toThrow("is not there");
});

test.each([
  ["postgres://app:hunter22@db.example.com/app", "every process of this machine"],
  ["mysql://app@db.example.com/app", "no URL of a PostgreSQL server"],
  ["postgres://db.example.com/app", "a URL without user"],
])("%s is refused before anything is read or written", async (from, message) => {
  const nothing = {} as Context;
  await expect(importTenant(nothing, "globex", { from })).rejects.toThrow(message);
  await expect(importTenant(nothing, "globex", { from })).rejects.toMatchObject({
    message: expect.not.stringContaining("hunter22"),
    fix: expect.not.stringContaining("hunter22"),
  });
});

test("a copy with less is written as the file has it", () => {
  const text = "tenants:\n  - id: acme\n";
  const [acme] = parseTenants(text, "tenants.yaml");
  if (acme === undefined) throw new Error("the list is empty");
  const added = withClone(text, acme, "test", "latest", "tenants.yaml", { schemaOnly: true, mask: "./mask.sql" });
  expect(parseTenants(added, "tenants.yaml")[1]?.from).toEqual({
    source: "acme",
    at: { type: "latest" },
    schemaOnly: true,
    mask: "./mask.sql",
  });
});
