import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { environment, failureOf, isEncrypted, plain, stateOf, stateText, withProject } from "./harness.ts";

vi.setConfig({ testTimeout: 120_000 });

const nodeModules = dirname(dirname(dirname(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"))));

test("an ES module in TypeScript runs by type stripping; config, secrets, names and node arguments arrive", () =>
  withProject(
    async (project) => {
      const { stack } = project;
      await stack.setAllConfig({ plain: { value: "a b" }, password: { value: "canary-7c2d", secret: true } });
      project.program(`
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
const config = new pulumi.Config();
const id: random.RandomId = new random.RandomId("id", { byteLength: 4, keepers: { password: config.requireSecret("password") } });
export const seen = {
  plain: config.require("plain"), dryRun: pulumi.runtime.isDryRun(), organization: pulumi.getOrganization(),
  project: pulumi.getProject(), stack: pulumi.getStack(), root: pulumi.getRootDirectory(), cwd: process.cwd(), title: process.title,
  strictFile: import.meta.filename,
};
export const password = config.requireSecret("password");
export const hex = id.hex;
`);
      const { outputs } = await stack.up();
      expect(plain(outputs)["seen"]).toEqual({
        plain: "a b",
        dryRun: false,
        organization: "organization",
        project: "toolchain-test",
        stack: "test",
        root: project.folder,
        cwd: project.folder,
        title: "a title",
        strictFile: join(project.folder, "index.ts"),
      });
      expect(outputs["password"]).toEqual({ value: "canary-7c2d", secret: true });
      expect(outputs["hex"]?.value).toMatch(/^[0-9a-f]{8}$/);
      expect(stateOf(project, "id")?.["keepers"]).toEqual({
        password: expect.objectContaining({ ciphertext: expect.any(String) }),
      });
      expect(stateText(project)).not.toContain("canary-7c2d");
    },
    { options: { typescript: false, nodeargs: "--title='a title' --no-warnings" } },
  ));

test("by default TypeScript is compiled, with type errors found", () =>
  withProject(
    async (project) => {
      project.program(`enum Level { low = 3 }\nexport const level = Level.low;\n`);
      expect(plain((await project.stack.up()).outputs)).toEqual({ level: 3 });
      project.program(`export const level: number = "high";\n`);
      expect(await failureOf(project.stack.up())).toContain("is not assignable to type");
    },
    { options: {}, type: "commonjs" },
  ));

test("a program that fails shows why, and its resources stay as they were", () =>
  withProject(async (project) => {
    const resource = `import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
export const { result } = new random.RandomPassword("kept", { length: 12 });
`;
    project.program(resource);
    const { outputs } = await project.stack.up();
    const encrypted = stateOf(project, "kept") ?? {};
    expect([encrypted["result"], encrypted["bcryptHash"]].map(isEncrypted)).toEqual([true, true]);

    const failing = async (statement: string) => {
      project.program(`${resource}if (pulumi.getStack() === "test") { ${statement}; }\n`);
      return failureOf(project.stack.up());
    };
    const exception = await failing(`throw new Error("out of paint")`);
    expect(exception).toContain("out of paint");
    expect(exception).toContain("index.ts:");
    expect(await failing(`Promise.reject(new Error("out of glue"))`)).toContain("out of glue");
    const runError = await failing(`throw new pulumi.RunError("no such plan")`);
    expect(runError).toContain("error: no such plan");
    expect(runError).not.toContain("index.ts:");
    expect(await failing("process.exit(7)")).toMatch(/exit code:? 7/);

    project.program(resource);
    expect((await project.stack.up()).outputs["result"]).toEqual(outputs["result"]);
  }));

test("a policy pack written in TypeScript sees inputs, refuses with its own words, and ends with the deployment", () =>
  withProject(async (project) => {
    const pack = join(project.folder, "pack");
    mkdirSync(pack);
    const runtime = { name: "nodejs", options: { nodeargs: "--title='a pack'" } };
    writeFileSync(join(pack, "PulumiPolicy.yaml"), JSON.stringify({ runtime }));
    writeFileSync(join(pack, "package.json"), JSON.stringify({ name: "pack", version: "1.2.3", main: "index.ts" }));
    // What only a compiler can read: enums have no types to be stripped.
    writeFileSync(
      join(pack, "index.ts"),
      `import { PolicyPack } from "@pulumi/policy";
import { writeFileSync } from "fs";
enum Length { least = 8 }
writeFileSync("pid", String(process.pid));
new PolicyPack("lengths", { enforcementLevel: "mandatory", policies: [{
  name: "long-enough", description: "An id is long.",
  validateResource: (args, report) => {
    if (args.type === "random:index/randomId:RandomId" && args.props.byteLength < Length.least) report("got " + args.props.byteLength);
  },
}] });
`,
    );
    const program = (byteLength: number) =>
      project.program(
        `import * as random from "@pulumi/random";\nnew random.RandomId("id", { byteLength: ${byteLength} });\n`,
      );
    program(4);
    const violation = /\[mandatory\]\s+long-enough.*\n\s*An id is long\.\n\s*got 4/;
    expect(await failureOf(project.stack.preview({ policyPacks: [pack] }))).toMatch(violation);
    expect(await failureOf(project.stack.up({ policyPacks: [pack] }))).toMatch(violation);
    expect(stateOf(project, "id")).toBeUndefined();
    program(8);
    await project.stack.up({ policyPacks: [pack] });
    expect(stateOf(project, "id")).toBeDefined();
    const pid = readFileSync(join(pack, "pid"), "utf8");
    await vi.waitUntil(() => !existsSync(`/proc/${pid}`), 20_000);
  }));

test("a policy pack that throws shows why", () =>
  withProject(async (project) => {
    const pack = join(project.folder, "pack");
    mkdirSync(pack);
    writeFileSync(join(pack, "PulumiPolicy.yaml"), "runtime: nodejs\n");
    writeFileSync(join(pack, "package.json"), JSON.stringify({ name: "pack", version: "1.2.3", main: "index.js" }));
    writeFileSync(join(pack, "index.js"), `throw new Error("out of rules");\n`);
    expect(await failureOf(project.stack.preview({ policyPacks: [pack] }))).toContain("out of rules");
  }));

test("without the SDK, one error says how to install it", () =>
  withProject(async ({ stack }) => expect(await failureOf(stack.up())).toMatch(/SDK.*install/), { installed: false }));

test("plugins and their versions come from the installed packages: a missing one is named", () =>
  withProject(
    async (project) => {
      linkPackages(project.folder);
      const folder = join(project.folder, "node_modules/@example/absent");
      mkdirSync(folder, { recursive: true });
      // Port 9 of loopback: nothing is asked of another machine.
      const pulumi = { resource: true, name: "pgtenants-absent", version: "9.9.9", server: "http://127.0.0.1:9" };
      writeFileSync(
        join(folder, "package.json"),
        JSON.stringify({ name: "@example/absent", version: "1.0.0", pulumi }),
      );
      project.program(`import * as pulumi from "@pulumi/pulumi";
new pulumi.CustomResource("pgtenants-absent:index:Thing", "thing", {});
`);
      const failure = await failureOf(project.stack.preview());
      expect(failure).toMatch(/pgtenants-absent.*9\.9\.9/);
      expect(failure).toContain("127.0.0.1:9");
    },
    { installed: false },
  ));

test("cancelling ends a program that hangs", () =>
  withProject(async (project) => {
    project.program(`import { writeFileSync } from "node:fs";
writeFileSync("pid", String(process.pid));
await new Promise((resolve) => setTimeout(resolve, 300_000));
`);
    const abort = new AbortController();
    const update = failureOf(project.stack.up({ signal: abort.signal }));
    const pidFile = join(project.folder, "pid");
    await vi.waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "", 60_000);
    abort.abort();
    await update;
    const pid = Number(readFileSync(pidFile, "utf8"));
    await vi.waitUntil(
      () => !existsSync(`/proc/${pid}/cmdline`) || readFileSync(`/proc/${pid}/cmdline`, "utf8") === "",
      20_000,
    );
  }));

test("pulumi install runs the package manager of the project in its folder and shows what it prints", () =>
  withProject(
    async ({ folder }) => {
      const bin = join(folder, "bin");
      mkdirSync(bin);
      writeFileSync(join(bin, "yarn"), `#!/bin/sh\necho "yarn was asked: $* in $PWD"\n`, { mode: 0o755 });
      const env = { ...process.env, ...environment(folder), PATH: `${bin}${delimiter}${process.env["PATH"]}` };
      const printed = execFileSync("pulumi", ["install", "--no-plugins"], { cwd: folder, env, encoding: "utf8" });
      expect(printed).toMatch(new RegExp(`yarn was asked: install.* in ${folder}`));
    },
    { options: { typescript: false, packagemanager: "yarn" } },
  ));

/** A node_modules that a test may add to. */
function linkPackages(folder: string): void {
  const target = join(folder, "node_modules");
  for (const name of readdirSync(nodeModules).filter((entry) => !entry.startsWith("."))) {
    if (name.startsWith("@")) {
      mkdirSync(join(target, name), { recursive: true });
      for (const scoped of readdirSync(join(nodeModules, name))) {
        symlinkSync(join(nodeModules, name, scoped), join(target, name, scoped));
      }
    } else {
      mkdirSync(target, { recursive: true });
      symlinkSync(join(nodeModules, name), join(target, name));
    }
  }
}
