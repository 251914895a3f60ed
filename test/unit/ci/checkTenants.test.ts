import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../e2e/support/shell.ts";

const script = join(import.meta.dirname, "../../../ci/checkTenants.ts");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants-check-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function check(text: string, GITHUB_ACTIONS = "") {
  const file = join(folder, "tenants.yaml");
  writeFileSync(file, text);
  return run(process.execPath, [script, file], "", { GITHUB_ACTIONS });
}

test("a list that is accepted passes", async () => {
  expect(await check("tenants:\n  - id: acme\n")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("1 tenant, nothing wrong"),
  });
});

test("every mistake is told, at its line", async () => {
  const text = "tenants:\n  - id: acme\n    memory: 5GB\n    tier: prod\n";
  const { code, stdout, stderr } = await check(text);
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/tenants\.yaml:3:13 .*got "5GB".*\n.*tenants\.yaml:4:11 .*got "prod".*\nerror: .*\n {2}fix: /);
  const inJob = await check(text, "true");
  expect(inJob.stdout.split("\n").slice(0, 2)).toEqual([
    expect.stringMatching(/^::error file=.*tenants\.yaml,line=3,col=13::got "5GB", expected /),
    expect.stringMatching(/^::error file=.*tenants\.yaml,line=4,col=11::got "prod", expected /),
  ]);
});
