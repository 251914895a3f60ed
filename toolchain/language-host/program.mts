import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { findSdk, missingSdk } from "./sdk.mts";

type RunRequest = import("@pulumi/pulumi/proto/language_pb.js").RunRequest;

/** `bail` means that the program has reported its error itself and the engine adds nothing. */
export type Outcome = { readonly error: string } | { readonly bail: boolean };

/** The SDK's runner exits with this code once it has shown the error to the user. */
const alreadyReported = 32;

/** Children end with this host: they would wait for an engine that is gone. */
const children = new Set<ChildProcess>();

export function stopChildren(): void {
  for (const child of children) child.kill("SIGTERM");
}

export function startChild(
  command: string,
  args: string[],
  options: Parameters<typeof spawn>[2] & object,
): ChildProcess {
  const child = spawn(command, args, options);
  children.add(child);
  child.once("close", () => children.delete(child));
  child.once("error", () => children.delete(child));
  return child;
}

/** Runs the program with the SDK's own runner, in a node of its own, and says how it ended. */
export function runProgram(request: RunRequest, engineAddress: string): Promise<Outcome> {
  const info = request.getInfo();
  if (info === undefined) return Promise.resolve({ error: "this Pulumi CLI is too old for this language host" });
  if (request.getAttachDebugger()) {
    return Promise.resolve({
      error: "--attach-debugger is not in this rebuilt language host; set nodeargs: --inspect-brk",
    });
  }
  const sdk = findSdk(info.getProgramDirectory());
  if (sdk === undefined) return Promise.resolve({ error: missingSdk(info.getProgramDirectory()) });

  const options = (info.getOptions()?.toJavaScript() ?? {}) as Record<string, unknown>;
  const args = [
    `--require=${join(import.meta.dirname, "preload.cjs")}`,
    ...nodeArguments(options["nodeargs"]),
    join(sdk, "cmd/run"),
    ...flag("monitor", request.getMonitorAddress()),
    ...flag("engine", engineAddress),
    ...flag("organization", request.getOrganization()),
    ...flag("project", request.getProject()),
    ...flag("root-directory", info.getRootDirectory()),
    ...flag("stack", request.getStack()),
    ...flag("pwd", request.getPwd()),
    ...flag("parallel", String(request.getParallel())),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    // The runner changes into --pwd first, which need not be the program's folder.
    join(info.getProgramDirectory(), info.getEntryPoint()),
    ...request.getArgsList(),
  ];
  const child = startChild(process.execPath, args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...settings(request, options) },
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ error: `cannot start ${process.execPath}: ${error.message}` }));
    child.once("close", (code, signal) => {
      if (code === 0 || code === alreadyReported) resolve({ bail: code === alreadyReported });
      else if (signal !== null) resolve({ error: `the program was ended by ${signal}` });
      else resolve({ error: `the program ended with exit code ${code}` });
    });
  });
}

/** What the runner reads from its environment, where every copy of the SDK that a program loads finds it. */
function settings(request: RunRequest, options: Record<string, unknown>): NodeJS.ProcessEnv {
  const tsconfig = options["tsconfig"];
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    PULUMI_NODEJS_TYPESCRIPT: String(options["typescript"] !== false),
    ...(typeof tsconfig === "string" ? { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig } : {}),
  };
}

/** `nodeargs` is one string in Pulumi.yaml; quotes keep a part with spaces together. */
export function nodeArguments(value: unknown): string[] {
  if (typeof value !== "string") return [];
  return [...value.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ""));
}

function flag(name: string, value: string): string[] {
  return value === "" ? [] : [`--${name}`, value];
}
