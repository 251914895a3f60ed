import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { run } from "../e2e/support/shell.ts";

const checkout = join(import.meta.dirname, "../..");
const folder = join(checkout, ".github/workflows");
const workflows = readdirSync(folder);
let scratch: string;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "pgtenants-workflows-"));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const textOf = (workflow: string) => readFileSync(join(folder, workflow), "utf8");

/** Without the shell checkers that a machine may have: the same everywhere. */
function lint(text: string) {
  return run("actionlint", ["-no-color", "-shellcheck=", "-pyflakes=", "-"], text);
}

interface Job {
  readonly if?: string;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Readonly<Record<string, unknown>>;
  }[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency: { readonly group: string; readonly "cancel-in-progress": boolean };
  readonly jobs: Readonly<Record<string, Job>>;
}

describe.each(workflows)("%s", (workflow) => {
  const { on, permissions, concurrency, jobs }: Workflow = parse(textOf(workflow));

  test("passes actionlint", async () => {
    expect(await lint(textOf(workflow))).toMatchObject({ code: 0, stdout: "" });
  });

  test("may read and no more, kills no deployment, and never runs a fork's code with secrets", () => {
    expect(permissions).toEqual({ contents: "read" });
    expect(concurrency["cancel-in-progress"]).toBe(false);
    expect(Object.keys(on)).not.toContain("pull_request_target");
    for (const [name, job] of Object.entries(jobs)) {
      const hasSecrets = JSON.stringify(job).includes("secrets.");
      if (!hasSecrets) continue;
      expect(job.environment, name).toMatch(/^(preview|production)$/);
      expect(job.if, name).toContain("vars.PGTENANTS_STACK != ''");
      if ("pull_request" in on)
        expect(job.if).toContain("github.event.pull_request.head.repo.full_name == github.repository");
    }
  });

  test("takes actions by their commits, and leaves no token behind", () => {
    for (const { uses, with: options } of Object.values(jobs).flatMap(({ steps }) => steps)) {
      if (uses === undefined) continue;
      expect(uses).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40}$/);
      if (uses.startsWith("actions/checkout@")) expect(options).toMatchObject({ "persist-credentials": false });
    }
  });

  test("puts nothing that others write into a shell command", () => {
    const commands = Object.values(jobs).flatMap(({ steps }) => steps.map((step) => step.run ?? ""));
    expect(commands.filter((command) => command.includes("${{"))).toEqual([]);
  });
});

test.each([
  [
    "an expression that is none",
    (text: string) => text.replace("runner.temp", "runner.tmp"),
    'property "tmp" is not defined',
  ],
  ["a misspelt key", (text: string) => text.replace("runs-on", "run-on"), 'unexpected key "run-on"'],
  [
    "a schedule that never comes",
    (text: string) => text.replace(/cron: ".*"/, 'cron: "61 4 * * *"'),
    "invalid CRON format",
  ],
])("actionlint finds %s", async (_, breaks, expected) => {
  const broken = breaks(textOf("drift.yml"));
  expect(broken).not.toBe(textOf("drift.yml"));
  const { code, stdout } = await lint(broken);
  expect(code).not.toBe(0);
  expect(stdout).toContain(expected);
});

test("GitLab's jobs are those of GitHub, under the same conditions", () => {
  const {
    stages,
    default: byDefault,
    ".stack": stack,
    ".preview database": preview,
    ...jobs
  } = parse(readFileSync(join(checkout, "ci/gitlab.yml"), "utf8"), {
    // GitLab's own tag: a part of the file by its path.
    customTags: [{ tag: "!reference", collection: "seq", resolve: (seq) => seq }],
  });
  const previews = ["end preview database", "preview database", "sweep preview databases"];
  expect(Object.keys(jobs).sort()).toEqual(["check", "drift", ...previews, "plan", "up"].sort());
  for (const [name, job] of Object.entries<Record<string, unknown>>(jobs)) {
    expect(stages, name).toContain(job["stage"]);
    expect(job["script"], name).toEqual(expect.arrayContaining([expect.any(String)]));
  }
  expect(preview).toMatchObject({ extends: ".stack" });
  expect(jobs.check).toMatchObject({ inherit: { default: false } });
  expect(JSON.stringify(jobs.check)).not.toMatch(/TOKEN|PASSPHRASE|ci\/with\.sh/);
  expect(byDefault).toEqual({ tags: ["pgtenants"] });
  expect(stack.rules).toEqual([expect.objectContaining({ when: "never" })]);
  expect(jobs.plan.rules.at(-1).if).toContain("$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID");
  expect(jobs.up).toMatchObject({ environment: "production", resource_group: "pgtenants-$PGTENANTS_STACK" });
  expect(jobs.up.rules.at(-1)).toMatchObject({ when: "manual" });
});

describe("the commands of the jobs", () => {
  const scripts = readdirSync(join(checkout, "ci"));
  const used = [...workflows.map(textOf), readFileSync(join(checkout, "ci/gitlab.yml"), "utf8")].join("\n");

  test("exist", () => {
    const named = [...used.matchAll(/\bci\/([A-Za-z]+\.(?:sh|ts))/g)].map(([, name = ""]) => name);
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(scripts).toContain(name);
  });

  test.each(["with.sh", "secretFile.sh", "ssh.sh", "previewDatabase.sh", "whenFree.sh"])(
    "%s is read by bash without an error",
    async (name) => {
      expect(await run("bash", ["-n", join(checkout, "ci", name)])).toMatchObject({ code: 0, stderr: "" });
    },
  );
});

test("docs/ci.md names every variable and secret that a job reads", () => {
  const docs = readFileSync(join(checkout, "docs/ci.md"), "utf8");
  const onGitHub = workflows.flatMap((workflow) => [...textOf(workflow).matchAll(/\b(?:vars|secrets)\.([A-Z_]+)/g)]);
  const ofGitLab = /\$\{?((?:PGTENANTS|PULUMI|DOCKER|GITLAB_TOKEN)[A-Z_]*)/g;
  const onGitLab = [...readFileSync(join(checkout, "ci/gitlab.yml"), "utf8").matchAll(ofGitLab)];
  const names = new Set([...onGitHub, ...onGitLab].map(([, name = ""]) => name));
  expect([...names].sort()).toContain("PULUMI_BACKEND_URL");
  for (const name of names) expect(docs).toContain(`\`${name}\``);
});

test("ci/with.sh runs a command with the project's tools, and the job's own backend and passphrase", async () => {
  const project = join(scratch, "project");
  const state = join(scratch, "state");
  for (const path of ["ci", "toolchain/setup"]) mkdirSync(join(project, path), { recursive: true });
  mkdirSync(state);
  for (const file of ["ci/with.sh", "toolchain/setup/lib.sh"])
    writeFileSync(join(project, file), readFileSync(join(checkout, file)));
  writeFileSync(join(project, "toolchain/setup/setup.sh"), '#!/bin/sh\necho "set-up for $1"\n', { mode: 0o755 });
  const own = "export PULUMI_BACKEND_URL=file:///dev PULUMI_CONFIG_PASSPHRASE_FILE=/dev-passphrase PULUMI_HOME=/home\n";
  writeFileSync(join(state, "env.sh"), own);
  const passphrase = join(scratch, "passphrase");
  writeFileSync(passphrase, "x");
  const show = [
    "sh",
    "-c",
    'echo "$PULUMI_HOME $PULUMI_BACKEND_URL $(printenv PULUMI_CONFIG_PASSPHRASE_FILE || echo none)"',
  ];
  const job = (wanted: string, more: Record<string, string>) =>
    run("bash", [join(project, "ci/with.sh"), wanted, ...show], "", {
      PGTENANTS_STATE: state,
      PULUMI_BACKEND_URL: "s3://b",
      PULUMI_CONFIG_PASSPHRASE_FILE: "",
      ...more,
    });

  expect(await job("tools", {})).toEqual({ code: 0, stdout: "/home s3://b none\n", stderr: "set-up for tools\n" });
  const withFile = await job("engine", { PULUMI_CONFIG_PASSPHRASE_FILE: passphrase });
  expect(withFile).toEqual({ code: 0, stdout: `/home s3://b ${passphrase}\n`, stderr: "set-up for shell\n" });
  expect((await job("all", {})).stderr).toContain('error: got "all", expected tools or engine');
  expect((await job("tools", { PULUMI_BACKEND_URL: "" })).stderr).toContain("error: the job has no PULUMI_BACKEND_URL");
});

test("ci/secretFile.sh writes what only this user may read, and nothing where there is no secret", async () => {
  const file = join(scratch, "secrets/key");
  const write = (SECRET: string) => run("bash", [join(checkout, "ci/secretFile.sh"), file], "", { SECRET });
  expect(await write("")).toMatchObject({ code: 0, stdout: "" });
  expect(existsSync(file)).toBe(false);
  for (const secret of ["first", "line 1\nline 2"]) {
    expect(await write(secret)).toMatchObject({ code: 0, stdout: "" });
    expect(readFileSync(file, "utf8")).toBe(`${secret}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  }
});

test("ci/ssh.sh tells SSH the key and the host's keys, once, and trusts no other host", async () => {
  const home = join(scratch, "home");
  const key = join(scratch, "ssh-key");
  writeFileSync(key, "a key\n");
  const known = "db.example.com ssh-ed25519 AAAA";
  const tell = (more: Record<string, string>) =>
    run("bash", [join(checkout, "ci/ssh.sh"), key], "", { HOME: home, SSH_KNOWN_HOSTS: known, ...more });
  const DOCKER_HOST = "ssh://deploy@db.example.com:2222";
  expect((await tell({ DOCKER_HOST: "" })).code).toBe(0);
  expect(existsSync(join(home, ".ssh"))).toBe(false);
  expect((await tell({ DOCKER_HOST, SSH_KNOWN_HOSTS: "" })).stderr).toMatch(/^error: .*\n {2}fix: /);
  for (let job = 0; job < 2; job += 1) expect(await tell({ DOCKER_HOST })).toMatchObject({ code: 0, stderr: "" });
  const config = readFileSync(join(home, ".ssh/config"), "utf8");
  expect(config.match(/^Host .*$/gm)).toEqual(["Host db.example.com"]);
  expect(config).toContain(`IdentityFile ${key}\n`);
  expect(config).toContain("StrictHostKeyChecking yes");
  expect(readFileSync(join(home, ".ssh/pgtenants_known_hosts"), "utf8")).toBe(`${known}\n`);
});
