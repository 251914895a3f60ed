import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type EngineEvent, LocalWorkspace, type OutputMap, type Stack } from "@pulumi/pulumi/automation/index.js";

const require = createRequire(import.meta.url);
const nodeModules = dirname(dirname(dirname(require.resolve("@pulumi/pulumi/package.json"))));
const pulumiHome = process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");

/** A Pulumi project in a folder of its own, with a file backend and a PULUMI_HOME of its own; plugins are those installed. */
export interface Project {
  readonly folder: string;
  readonly stack: Stack;
  /** Writes the program; the next operation runs it. */
  program(text: string): void;
}

export interface ProjectOptions {
  /** Pulumi.yaml's `runtime.options`. Default `{typescript: false}`, as pgtenants has it. */
  readonly options?: Record<string, unknown>;
  /** package.json's `type`. Default `module`. */
  readonly type?: "module" | "commonjs";
  /** Whether the program's folder has node_modules, a symbolic link to this project's. Default true. */
  readonly installed?: boolean;
}

/** Runs `use` on a fresh project; whatever it created is destroyed and the folder removed, also when it fails. */
export async function withProject<T>(use: (project: Project) => Promise<T>, settings: ProjectOptions = {}): Promise<T> {
  const { options = { typescript: false }, type = "module", installed = true } = settings;
  const folder = mkdtempSync(join(tmpdir(), "pgtenants-toolchain-test-"));
  try {
    mkdirSync(join(folder, "backend"));
    mkdirSync(join(folder, "home"));
    if (existsSync(join(pulumiHome, "plugins"))) symlinkSync(join(pulumiHome, "plugins"), join(folder, "home/plugins"));
    if (installed) symlinkSync(nodeModules, join(folder, "node_modules"));
    const project = { name: "toolchain-test", main: "index.ts", runtime: { name: "nodejs", options } };
    writeFileSync(join(folder, "Pulumi.yaml"), JSON.stringify(project));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "toolchain-test", type, main: "index.ts" }));
    writeFileSync(join(folder, "index.ts"), "export {};\n");
    const stack = await LocalWorkspace.createStack(
      { stackName: "test", workDir: folder },
      { pulumiHome: join(folder, "home"), envVars: environment(folder) },
    );
    try {
      return await use({ folder, stack, program: (text) => writeFileSync(join(folder, "index.ts"), text) });
    } finally {
      await stack.cancel().catch(() => undefined); // Nothing to cancel, unless the test ended in the middle of an update.
      if (resourcesIn(stateText({ folder })).length > 0) await stack.destroy();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Environment of every pulumi command of the tests. */
export function environment(folder?: string): Record<string, string> {
  return {
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(folder === undefined ? {} : { PULUMI_BACKEND_URL: `file://${join(folder, "backend")}` }),
  };
}

/** Where the plugin of an installed SDK is: in PULUMI_HOME, else on PATH. @throws Error if it is in neither. */
export function pluginPath(name: string): string {
  const { version } = (require(`@pulumi/${name}/package.json`) as { pulumi: { version: string } }).pulumi;
  const file = `pulumi-resource-${name}`;
  const folders = [
    join(pulumiHome, `plugins/resource-${name}-v${version}`),
    ...(process.env["PATH"] ?? "").split(delimiter),
  ];
  const found = folders.map((folder) => join(folder, file)).find(isExecutable);
  if (found === undefined)
    throw new Error(`${file} ${version} is neither in ${pulumiHome} nor on PATH: run: make test`);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** An operation that must fail: what the CLI printed. */
export async function failureOf(operation: Promise<unknown>): Promise<string> {
  try {
    await operation;
  } catch (error) {
    return String(error);
  }
  throw new Error("the operation succeeded, and must fail");
}

/** What happened to each resource of a type but the stack, as `name: same|create|update|replace|delete`, sorted. */
export function operations(events: readonly EngineEvent[]): string[] {
  const steps = events.flatMap((event) => event.resourcePreEvent?.metadata ?? event.resOutputsEvent?.metadata ?? []);
  const names = steps
    .filter(({ type }) => !type.startsWith("pulumi:"))
    .filter(({ op }) => op === "same" || op === "create" || op === "update" || op === "replace" || op === "delete")
    .map(({ urn, op }) => `${urn.split("::").at(-1)}: ${op}`);
  return [...new Set(names)].sort();
}

/** The state file as it is on disk, secrets encrypted. */
export function stateText({ folder }: Pick<Project, "folder">): string {
  return readFileSync(join(folder, "backend/.pulumi/stacks/toolchain-test/test.json"), "utf8");
}

/** Outputs of a resource in the state file, undefined if it is not there. */
export function stateOf(project: Project, name: string): Record<string, unknown> | undefined {
  return resourcesIn(stateText(project)).find(({ urn }) => urn.endsWith(`::${name}`))?.outputs;
}

interface StateResource {
  readonly urn: string;
  readonly outputs?: Record<string, unknown>;
}

function resourcesIn(state: string): readonly StateResource[] {
  const { checkpoint } = JSON.parse(state) as { checkpoint: { latest?: { resources?: StateResource[] } } };
  return checkpoint.latest?.resources ?? [];
}

/** Whether a value in the state is encrypted. */
export function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && "ciphertext" in value;
}

export function plain(outputs: OutputMap): Record<string, unknown> {
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value as unknown]));
}
