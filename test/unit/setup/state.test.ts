import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bash as runBash } from "./shell.ts";

let folder: string;

const files = ["lib.sh", "state.sh"];
const bash = (script: string) => runBash(folder, files, script);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants-state-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("a checkout made by pulumi new under another name", () => {
  beforeEach(() => {
    writeFileSync(join(folder, "Pulumi.yaml"), 'runtime:\n  name: nodejs\nname: "my-db"\n');
  });

  test("has its stack's state where the CLI puts it", async () => {
    expect((await bash("stack_state")).output).toBe(`${folder}/state/backend/.pulumi/stacks/my-db/dev.json`);
  });

  test.each([
    ["my-db:port: 5433", "5433"],
    ['my-db:port: "5433"', "5433"],
    ["port: '5433' # a comment", "5433"],
    ["pgtenants:port: 5433", "5432"],
    ["my-db:ports: 5433", "5432"],
    ["# my-db:port: 5433", "5432"],
  ])("and reads its settings: %s", async (line, port) => {
    writeFileSync(join(folder, "Pulumi.dev.yaml"), `config:\n  my-db:domain: db.localhost\n  ${line}\n`);
    expect((await bash("stack_setting port 5432")).output).toBe(`${port}\n`);
  });

  test("a stack without a file has the defaults", async () => {
    expect(await bash("stack_setting listenAddress '*'")).toEqual({ status: 0, output: "*\n" });
  });
});

test("a set-up in a shell that has env.sh, and in one that has not, write the same env.sh", async () => {
  const cache = join(folder, "a cache");
  mkdirSync(join(folder, "state"));
  const setUp = 'forget_own_tools; set_up_folders; use_tools "$PGTENANTS_CACHE/node/bin"; write_environment';
  expect(await runBash(folder, files, setUp, [], { PGTENANTS_CACHE: cache })).toEqual({ status: 0, output: "" });
  const environment = join(folder, "state/env.sh");
  const first = readFileSync(environment, "utf8");

  const script = `printf '%s\\n' "$PGTENANTS_CACHE" "$PATH"; ${setUp}; printf '%s\\n' "$PATH"`;
  const again = await runBash(folder, [environment, ...files], script, [], { PGTENANTS_CACHE: "" });
  const path = `${cache}/node/bin:${process.env["PATH"]}`;
  expect(again).toEqual({ status: 0, output: `${cache}\n${path}\n${path}\n` });
  expect(readFileSync(environment, "utf8")).toBe(first);
});
