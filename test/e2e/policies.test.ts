import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { policyFlags } from "../../cli/policyPacks.ts";
import { pgt, pgtEnvironment } from "./support/pgt.ts";
import { type Finished, run } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

// Previews only: what the policies refuse is never made.

const checkout = join(import.meta.dirname, "../..");
let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme"]);
});
afterAll(() => at?.remove());

/** `pulumi preview --policy-pack policy`, with what else a team enforces. */
function preview(): Promise<Finished> {
  const where = ["--cwd", join(at.folder, "project"), "--stack", at.name, "--non-interactive", "--color=never"];
  return run("pulumi", ["preview", ...where, ...policyFlags(join(at.folder, "project"))], "", at.environment);
}

/** The policies that refuse something, and what: `confined acme-server`. */
function refused({ stdout }: Finished): string[] {
  const lines = [...stdout.matchAll(/\[mandatory\]\s+(\S+)\s+\(.*: (\S+)\)$/gm)];
  return lines.map(([, policy, resource]) => `${policy} ${resource}`).sort();
}

/** Lets a program of the test's own run before ours, in the same process. */
function runBefore(statements: string): void {
  const project = join(at.folder, "project");
  writeFileSync(
    join(project, "before.ts"),
    `import * as pulumi from "@pulumi/pulumi";\n${statements}\nawait import("./index.ts");\n`,
  );
  const file = join(project, "Pulumi.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace(/^main: .*$/m, "main: before.ts"));
}

/** The same program as it is. */
function runAlone(): void {
  cpSync(join(checkout, "Pulumi.yaml"), join(at.folder, "project/Pulumi.yaml"));
}

test("the program as it is passes, in a throw-away stack as well", async () => {
  const finished = await preview();
  expect(refused(finished)).toEqual([]);
  expect(finished.stdout).toContain("pgtenants@v0.1.0");
  expect(finished.code, finished.stdout + finished.stderr).toBe(0);
});

test("a program that breaks a rule is refused, each rule with the resource that breaks it", async () => {
  // What somebody might change in components/, or a transformation of their own.
  runBefore(`
pulumi.runtime.registerStackTransformation(({ type, name, props, opts }) => {
  switch (name) {
    case "acme-server":
      return { props: { ...props, ports: [{ internal: 5432, external: 15432 }], capabilities: { adds: ["NET_ADMIN"] }, securityOpts: [], memory: undefined }, opts };
    case "traefik-router":
      return { props: { ...props, command: [...props.command, "--entryPoints.web.address=:8080"], image: "traefik:v3" }, opts };
    case "traefik-routes":
      return { props: { ...props, stdin: props.stdin.replaceAll("VersionTLS12", "VersionTLS10") }, opts };
    default:
      return undefined;
  }
});`);
  try {
    const finished = await preview();
    expect(finished.code).not.toBe(0);
    expect(refused(finished)).toEqual([
      "confined acme-server",
      "confined acme-server",
      "confined acme-server",
      "memory-limit acme-server",
      "no-published-port acme-server",
      "no-published-port traefik-router",
      "pinned-image traefik-router",
      "routes-tls traefik-routes",
      "routes-tls traefik-routes",
    ]);
    expect(finished.stdout).toContain("got the entry points postgres, web, expected one, for PostgreSQL;");
  } finally {
    runAlone();
  }
});

test("data that has lost its protection is refused", async () => {
  await at.stack.setConfig("pgtenants:deletionProtection", { value: "true" });
  runBefore(`
pulumi.runtime.registerStackTransformation(({ props, opts }) => ({ props, opts: { ...opts, protect: false } }));`);
  try {
    const unprotected = [
      "protected-backup-key acme-backup-key",
      "protected-volume acme-backups",
      "protected-volume acme-data",
    ];
    expect(refused(await preview())).toEqual(unprotected);
    runAlone();
    expect(refused(await preview())).toEqual([]);
  } finally {
    runAlone();
    await at.stack.setConfig("pgtenants:deletionProtection", { value: "false" });
  }
});

test("an image of one's own passes by its digest", async () => {
  const byDigest = `registry.example.com/postgres@sha256:${"0123456789abcdef".repeat(4)}`;
  try {
    await at.stack.setConfig("pgtenants:postgresImage", { value: "registry.example.com/postgres:18" });
    expect(refused(await preview())).toEqual(["pinned-image acme-server"]);
    await at.stack.setConfig("pgtenants:postgresImage", { value: byDigest });
    expect(refused(await preview())).toEqual([]);
  } finally {
    await at.stack.removeConfig("pgtenants:postgresImage");
  }
});

test("a production tenant has to have all that the tier demands", async () => {
  at.list(
    "{ id: acme, tier: production, tls: passthrough, access: { allow: [0.0.0.0/0] }, backup: { enabled: false } }",
  );
  const { code, stdout } = await preview();
  expect(code).not.toBe(0);
  expect(refused({ code, stdout, stderr: "" })).toEqual(
    ["allow-list", "backup", "certificate", "protection"].map((policy) => `production-${policy} acme`),
  );
  expect(stdout).toContain('got access.allow: ["0.0.0.0/0"], which lets in every IPv4 address, expected less;');

  at.list("{ id: acme, tier: production, access: { allow: [203.0.113.0/24] } }");
  await at.stack.setConfig("pgtenants:deletionProtection", { value: "true" });
  try {
    const mended = await preview();
    expect(refused(mended)).toEqual([]);
    expect(mended.code, mended.stdout + mended.stderr).toBe(0);
  } finally {
    await at.stack.setConfig("pgtenants:deletionProtection", { value: "false" });
    at.list("id: acme");
  }
});

test("a pull request's job says what the policies refuse, and that they do not", async () => {
  const job = () => run(process.execPath, [join(checkout, "ci/policies.ts"), at.name], "", pgtEnvironment(at));
  at.list("{ id: acme, tier: production, access: { allow: [203.0.113.0/24] } }");
  expect(await job()).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(
      /^### Refused by policies\n\n```text\nacme: policy production-protection: [^\n]+\n```\n\n$/,
    ),
  });
  at.list("id: acme");
  expect(await job()).toEqual({ code: 0, stdout: "No policy refuses it.\n\n", stderr: "" });
});

test("pgt refuses as well, with the policy's words, and makes no container of the tenant", async () => {
  const { code, stdout, stderr } = await pgt(at, ["create", "globex", "--tier", "production", "--json"]);
  expect(code, stdout + stderr).not.toBe(0);
  expect(stderr + stdout).toContain(
    "globex: policy production-allow-list: A production tenant does not let everybody in. got no access.allow",
  );
  const { stdout: containers } = await run("docker", [
    "ps",
    "--all",
    "--quiet",
    "--filter",
    `name=${at.container("globex")}`,
  ]);
  expect(containers).toBe("");
});

test("a team's own pack is enforced beside ours, and its configuration makes a rule of ours a warning", async () => {
  const team = join(at.folder, "project/policy.d");
  const pack = join(team, "named");
  mkdirSync(pack, { recursive: true });
  symlinkSync(join(checkout, "node_modules"), join(at.folder, "project/policy.d/named/node_modules"));
  writeFileSync(join(pack, "PulumiPolicy.yaml"), "runtime: nodejs\n");
  writeFileSync(join(pack, "package.json"), JSON.stringify({ name: "named", version: "1.2.3", main: "index.ts" }));
  // As `pulumi policy new` writes them: a CommonJS module in TypeScript.
  writeFileSync(
    join(pack, "index.ts"),
    `import { PolicyPack } from "@pulumi/policy";
enum Level { asked = "mandatory" }
new PolicyPack("named", { policies: [{
  name: "no-acme", description: "Nobody is called acme.", enforcementLevel: Level.asked,
  validateResource: (args, report) => { if (args.name === "acme") report("got acme"); },
}] });
`,
  );
  writeFileSync(join(team, "pgtenants.json"), JSON.stringify({ "pinned-image": "advisory" }));
  await at.stack.setConfig("pgtenants:postgresImage", { value: "registry.example.com/postgres:18" });
  const finished = await preview();
  expect(refused(finished), finished.stdout + finished.stderr).toEqual(["no-acme acme"]);
  expect(finished.stdout).toMatch(/\[advisory\]\s+pinned-image/);
});
