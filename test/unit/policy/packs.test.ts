import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OperatorError } from "../../../cli/operatorError.ts";
import { policyPacks } from "../../../cli/policyPacks.ts";

const own = join(import.meta.dirname, "../../../policy");
const none = join(own, "noConfiguration.json");
let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "pgtenants-packs-"));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

/** Folders become packs, files are written as they are. */
function policyFolder(...entries: readonly string[]): void {
  for (const entry of entries) {
    const path = join(project, "policy.d", entry);
    mkdirSync(entry.includes(".") ? join(path, "..") : path, { recursive: true });
    if (entry.includes(".")) writeFileSync(path, "{}");
    else writeFileSync(join(path, "PulumiPolicy.yaml"), "runtime: nodejs\n");
  }
}

test("without policy.d there is our own pack, and no configuration", () => {
  expect(policyPacks(project)).toEqual({ policyPacks: [own], policyPackConfigs: [] });
});

test("packs follow ours by name; one configuration gives every pack one", () => {
  policyFolder("naming", "cost", "naming.json");
  const team = join(project, "policy.d");
  expect(policyPacks(project)).toEqual({
    policyPacks: [own, join(team, "cost"), join(team, "naming")],
    policyPackConfigs: [none, none, join(team, "naming.json")],
  });
});

test("ours is configured as pgtenants.json", () => {
  policyFolder("pgtenants.json");
  expect(policyPacks(project).policyPackConfigs).toEqual([join(project, "policy.d/pgtenants.json")]);
});

test.each(["README.md", "nameing.json"])("%s in policy.d would be a rule that does nothing", (stray) => {
  policyFolder("naming", stray);
  expect(() => policyPacks(project)).toThrow(OperatorError);
  expect(() => policyPacks(project)).toThrow(
    `policy.d/${stray}: got neither a folder with a PulumiPolicy.yaml nor one of pgtenants.json, naming.json`,
  );
});
