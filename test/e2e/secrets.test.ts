import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scramVerifier } from "../../components/scramVerifier.ts";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

const ids = ["acme", "globex"];
let at: TestStack;
/** Where a password could have gone, by place; filled while the stack is deployed. */
const places = new Map<string, string>();
/** The passwords, what a server stores of them, and the certificate's key. */
let secrets: string[];

beforeAll(async () => {
  at = await makeTestStack(ids);
  const watched = watchProcesses();
  try {
    const created = await upWithLog(at);
    // Now the state holds secrets that a deployment could fetch and print.
    places.set("the CLI's own log", created + (await upWithLog(at)));
    places.set("a preview of a change, in full", await previewText(at, "--diff"));
    places.set("a preview of a change, as JSON", await previewText(at, "--json"));
  } finally {
    places.set("command lines and environments of all processes", watched.stop());
  }
  const strings = await at.connectionStrings();
  const passwords = ids.map((id) => decodeURIComponent(new URL(stringsOf(strings, id).uri).password));
  const verifiers = ids.flatMap((id, index) =>
    scramVerifier(`${id}.${at.domain}`, passwords[index] ?? "")
      .split("$")
      .slice(2),
  );
  const keys = verifiers.flatMap((part) => part.split(":"));
  const [, keyLine = ""] = readFileSync(join(at.folder, "privkey.pem"), "utf8").split("\n");
  secrets = [...passwords, ...keys, keyLine];
  await failALogin(at);
  await readPlaces(at);
});
afterAll(() => at?.remove());

describe("no password, verifier or key stands in clear", () => {
  test.each([
    "the CLI's own log",
    "a preview of a change, in full",
    "a preview of a change, as JSON",
    "command lines and environments of all processes",
    "what docker inspect says",
    "what the containers logged",
    "the history of the images",
    "state, its backups and stack configuration",
    "outputs without --show-secrets",
  ])("in %s", (place) => {
    const text = places.get(place) ?? "";
    expect(text.length).toBeGreaterThan(100);
    for (const secret of secrets) expect(text.includes(secret)).toBe(false);
  });

  test("and the search would have found them", async () => {
    expect(secrets).toHaveLength(7);
    for (const secret of secrets) expect(secret.length).toBeGreaterThanOrEqual(32);
    const clear = await pulumi(at, ["stack", "export", "--show-secrets"]);
    for (const secret of secrets) expect(clear.includes(secret)).toBe(true);
    expect(places.get("command lines and environments of all processes")).toContain("CONTAINER=");
  });
});

/** The CLI run as an operator would in search of a fault. */
function pulumi(stack: TestStack, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...stack.environment };
    const cli = spawn("pulumi", [...args, "--stack", stack.name], { cwd: join(stack.folder, "project"), env });
    const chunks: Buffer[] = [];
    cli.stdout.on("data", (chunk) => chunks.push(chunk));
    cli.stderr.on("data", (chunk) => chunks.push(chunk));
    cli.on("error", reject);
    cli.on("close", (code) => {
      const text = Buffer.concat(chunks).toString();
      return code === 0
        ? resolve(text)
        : reject(new Error(`pulumi ${args[0]} ended with ${code}: ${text.slice(-2000)}`));
    });
  });
}

/** The CLI and the SDK print secrets in clear from level 3 on, and with --debug; docs/architecture.md says so. */
const logLevel = "-v=2";

const upWithLog = (stack: TestStack) =>
  pulumi(stack, ["up", "--yes", "--skip-preview", "--logtostderr", "--logflow", logLevel]);

async function previewText(stack: TestStack, form: string): Promise<string> {
  stack.list("{ id: acme, maxConnections: 41 }", "id: globex", "id: initech");
  try {
    return await pulumi(stack, ["preview", form]);
  } finally {
    stack.list(...ids.map((id) => `id: ${id}`));
  }
}

/** A wrong password must not get the right one, or its verifier, into the server's log. */
async function failALogin(stack: TestStack): Promise<void> {
  const uri = new URL(stringsOf(await stack.connectionStrings(), "acme").nodePostgres);
  uri.password = "wrong";
  await expect(nodeClient(uri.href)).rejects.toThrow("password authentication failed");
}

async function readPlaces(stack: TestStack): Promise<void> {
  const names = [stack.router, ...ids.map(stack.container)];
  const volumes = await outputOf("docker", ["volume", "inspect", stack.routerFiles, ...ids.map(stack.container)]);
  places.set("what docker inspect says", volumes + (await outputOf("docker", ["inspect", ...names])));
  const logs = await Promise.all(names.map((name) => outputOf("sh", ["-c", 'docker logs "$1" 2>&1', "sh", name])));
  places.set("what the containers logged", logs.join("\n"));
  const images = [
    ...new Set(
      await Promise.all(names.map((name) => outputOf("docker", ["inspect", "--format", "{{.Config.Image}}", name]))),
    ),
  ];
  const histories = await Promise.all(images.map((image) => outputOf("docker", ["history", "--no-trunc", image])));
  places.set("the history of the images", histories.join("\n"));
  const saved = [
    ...filesBelow(join(stack.folder, "backend")),
    join(stack.folder, "project", `Pulumi.${stack.name}.yaml`),
  ];
  places.set("state, its backups and stack configuration", saved.map((file) => readFileSync(file, "utf8")).join("\n"));
  places.set("outputs without --show-secrets", await pulumi(stack, ["stack", "output", "--json"]));
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Looks at every process every 20 ms, as another user of the machine could at its command line. This one's own are left out. */
function watchProcesses(): { stop: () => string } {
  const seen = new Set<string>();
  const look = () => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
      for (const file of ["cmdline", "environ"]) {
        try {
          seen.add(readFileSync(`/proc/${pid}/${file}`, "utf8"));
        } catch {
          // It ended meanwhile, or is not ours to read.
        }
      }
    }
  };
  const timer = setInterval(look, 20);
  return {
    stop: () => {
      clearInterval(timer);
      return [...seen].join("\n");
    },
  };
}
