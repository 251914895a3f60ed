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

describe("the salt in a stack's settings", () => {
  const settings = () => join(folder, "Pulumi.dev.yaml");
  const plain = "config:\n  domain: db.localhost\n";
  const secret = `${plain}  pgtenants:passwords:\n    acme:\n      secure: v1:hc5h:Yw==\n`;
  const inline = `${plain}  pgtenants:passwords: { acme: {secure: v1:hc5h:Yw==} }\n`;

  beforeEach(() => {
    writeFileSync(join(folder, "Pulumi.yaml"), "name: pgtenants\n");
    const stacks = join(folder, "state/backend/.pulumi/stacks/pgtenants");
    const latest = { secrets_providers: { type: "passphrase", state: { salt: "v1:new" } } };
    mkdirSync(stacks, { recursive: true });
    writeFileSync(join(stacks, "dev.json"), JSON.stringify({ version: 3, checkpoint: { stack: "dev", latest } }));
  });

  test.each([
    ["comes from its state", plain],
    ["is the state's where nothing is encrypted by another", `${plain}encryptionsalt: v1:old\n`],
    ["is the state's where only what is called so stands there", `${plain}  insecure: no\nencryptionsalt: v1:old\n`],
    ["comes from its state where there are secrets and no salt", secret],
    ["stays as it is", `${secret}encryptionsalt: v1:new\n`],
  ])("%s", async (_, before) => {
    writeFileSync(settings(), before);
    expect(await bash("set_up_salt")).toEqual({ status: 0, output: "" });
    const kept = before.replace("encryptionsalt: v1:old\n", "").replace("encryptionsalt: v1:new\n", "");
    expect(readFileSync(settings(), "utf8")).toBe(`${kept}encryptionsalt: v1:new\n`);
  });

  test.each([secret, inline])("is not written over what another one encrypted, case %#", async (secrets) => {
    const before = `${secrets}encryptionsalt: v1:old\n`;
    writeFileSync(settings(), before);
    const { status, output } = await bash("set_up_salt");
    expect(status).toBe(1);
    expect(output).toMatch(/^error: Pulumi\.dev\.yaml holds secrets [^\n]+\n {2}fix: \.\/pgt recover [^\n]+\n$/);
    expect(readFileSync(settings(), "utf8")).toBe(before);
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
