import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { outputOf } from "./shell.ts";
import type { TestStack } from "./testStack.ts";

const program = (name: string) => fileURLToPath(new URL(`../../../examples/many-tenants/${name}.ts`, import.meta.url));
const filesOf = (at: TestStack) => [join(at.folder, "tenants.age"), join(at.folder, "identity.txt")] as const;

/** The example's service, running. */
export interface ExampleService {
  readonly url: string;
  readonly pid: number;
  /** All that it has printed. */
  readonly log: () => string;
  readonly says: (text: string) => Promise<void>;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly ended: Promise<number | null>;
}

/** What the service answers. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Seals the stack's connection strings as the README says. */
export async function seal(at: TestStack): Promise<void> {
  await outputOf(process.execPath, [program("seal"), ...filesOf(at)], JSON.stringify(await at.connectionStrings()));
}

/** Starts the service as the README says, on any port; `bounds` are its flags. */
export async function startService(at: TestStack, ...bounds: readonly string[]): Promise<ExampleService> {
  const child = spawn(process.execPath, [program("main"), ...filesOf(at), "--port", "0", ...bounds]);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      output += chunk;
    });
  const says = async (text: string) => {
    while (!output.includes(text)) {
      if (child.exitCode !== null) throw new Error(`the service ended before "${text}":\n${output}`);
      await sleep(10);
    }
  };
  await says("listening on ");
  return {
    url: /http:\/\/\S+(?=,)/.exec(output)?.[0] ?? "",
    pid: child.pid ?? 0,
    log: () => output,
    says,
    signal: (name) => child.kill(name),
    ended: new Promise((resolve) => child.once("close", resolve)),
  };
}

/** Runs the example's stress on the stack's tenants, limited as published. Gives what it printed. @throws Error where a request failed. */
export async function stress(at: TestStack, service: ExampleService, ...flags: readonly string[]): Promise<string> {
  const { tenants } = await at.stack.outputs();
  const args = [program("stress"), "--url", service.url, "--limit", at.name, ...flags];
  return outputOf(process.execPath, args, JSON.stringify(tenants?.value));
}

/** Asks for a tenant's notes, or adds one. */
export async function notes({ url }: ExampleService, tenant: string, text?: string): Promise<Answer> {
  const posted = text === undefined ? {} : { method: "POST", body: JSON.stringify({ text }) };
  const response = await fetch(`${url}/notes`, { headers: { "x-tenant-id": tenant }, ...posted });
  return { status: response.status, body: await response.text() };
}
