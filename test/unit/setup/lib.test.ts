import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bash as runBash } from "./shell.ts";

const run = promisify(execFile);
let folder: string;

const bash = (script: string, ...args: string[]) => runBash(folder, ["lib.sh"], script, args);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants-setup-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("version_at_least", () => {
  test.each([
    ["22.18.0", "22.18.0", true],
    ["22.9.0", "22.18.0", false],
    ["24.0.0", "22.18.0", true],
    ["3.100.1", "3.99.9", true],
    ["1.21", "1.21.0", false],
    ["1.26.8", "1.21.0", true],
    ["", "1.21.0", false],
    ["devel", "1.21.0", false],
  ])("%j against %s: %s", async (found, wanted, expected) => {
    expect((await bash('version_at_least "$1" "$2"', found, wanted)).status === 0).toBe(expected);
  });
});

describe("logged", () => {
  test("passes the status through and keeps the output out of sight, in the log", async () => {
    expect(await bash("logged job 5 sh -c 'echo words; exit 7'")).toEqual({ status: 7, output: "" });
    expect(readFileSync(join(folder, "state/logs/job.log"), "utf8")).toBe("words\n");
  });

  test("ends a command at its limit, with all that it started", async () => {
    const { status } = await bash("logged slow 1 sh -c 'sleep 61 & sleep 61'");
    expect(status).toBe(124);
    expect((await run("ps", ["-eo", "args"])).stdout).not.toMatch(/^sleep 61$/m);
  });

  test("fail_logged shows the log's end and where it is", async () => {
    const { status, output } = await bash(
      "logged job 5 sh -c 'echo the cause >&2; exit 1' || fail_logged job 'it broke'",
    );
    expect(status).toBe(1);
    expect(output).toMatch(/the cause\nerror: it broke\n {2}fix: .*state\/logs\/job\.log/);
  });
});

test("hash_of depends on names and contents below the checkout, and on nothing else", async () => {
  const first = await bash("hash_of toolchain/setup");
  expect(first.output).toMatch(/^[0-9a-f]{12}\n$/);
  expect(await bash("cd / && hash_of toolchain/setup")).toEqual(first);
  expect(await bash("hash_of toolchain/setup/lib.sh")).not.toEqual(first);
});

test("forget_own_tools leaves the rest of PATH as it was", async () => {
  const script =
    'PATH="$PGTENANTS_CACHE/node/bin:/usr/bin:$PGTENANTS_CACHE/pulumi:/bin"; forget_own_tools; echo "$PATH"';
  expect((await bash(script)).output).toBe("/usr/bin:/bin\n");
});

test("bounded ends a command that hangs", async () => {
  expect((await bash("bounded 1 sleep 62 || echo ended")).output).toContain("ended");
});
