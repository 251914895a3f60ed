import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { expect, test, vi } from "vitest";
import { failureOf, isEncrypted, operations, type Project, plain, stateOf, stateText, withProject } from "./harness.ts";
import { isRebuilt, pluginSchema } from "./pluginShapes.ts";

vi.setConfig({ testTimeout: 120_000 });

/** What only the rebuilt plugin does is tested on it only. */
const rebuilt = isRebuilt(pluginSchema("command"));

/** A program of one command, named `c`, that exports its outputs. */
function program(args: string, beside = ""): string {
  return `import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
${beside}
const c = new command.local.Command("c", ${args});
export const { stdout, stderr } = c;
export const dryRun = pulumi.runtime.isDryRun();
`;
}

function read({ folder }: Project, file: string): string {
  return readFileSync(join(folder, file), "utf8");
}

/** Events that the CLI shows. The SDK's debug messages, which it does not show, have all properties in clear. */
async function eventsOf(run: (onEvent: (event: EngineEvent) => void) => Promise<unknown>): Promise<EngineEvent[]> {
  const events: EngineEvent[] = [];
  await run((event) => events.push(event));
  return events.filter(({ diagnosticEvent }) => (diagnosticEvent?.severity as string | undefined) !== "debug");
}

test("create, nothing, update, delete: each runs its command once, with the earlier output in the environment", () =>
  withProject(async (project) => {
    const { stack } = project;
    const args = (greeting: string) => `{
      create: "echo created >> log; printf 'out\\n\\n'; echo err >&2",
      update: "echo updated >> log; echo $GREETING after $PULUMI_COMMAND_STDOUT and $PULUMI_COMMAND_STDERR",
      delete: "echo deleted after $PULUMI_COMMAND_STDOUT >> log",
      environment: { GREETING: "${greeting}" },
    }`;
    project.program(program(args("hello")));
    const created = await stack.up();
    expect(plain(created.outputs)).toEqual({ stdout: "out\n", stderr: "err", dryRun: false });
    expect(operations(await eventsOf((onEvent) => stack.up({ onEvent })))).toEqual(["c: same"]);

    project.program(program(args("hi")));
    expect(plain((await stack.up()).outputs)).toMatchObject({ stdout: "hi after out and err", stderr: "" });
    await stack.destroy();
    expect(read(project, "log")).toBe("created\nupdated\ndeleted after hi after out and err\n");
  }));

test("without an update command, create runs again; addPreviousOutputInEnv: false keeps the earlier output out", () =>
  withProject(async (project) => {
    const args = (stdin: string) => `{
      create: 'read line; echo "$0 $line [$PULUMI_COMMAND_STDOUT] $PWD"',
      stdin: "${stdin}", dir: "/", interpreter: ["/bin/sh", "-c"], addPreviousOutputInEnv: false,
    }`;
    project.program(program(args("one")));
    expect(plain((await project.stack.up()).outputs)).toMatchObject({ stdout: "/bin/sh one [] /" });
    project.program(program(args("two")));
    expect(plain((await project.stack.up()).outputs)).toMatchObject({ stdout: "/bin/sh two [] /" });
  }));

test("a changed trigger replaces", () =>
  withProject(async (project) => {
    const args = (trigger: string) =>
      `{ create: "echo created >> log", delete: "echo deleted >> log", triggers: [${trigger}] }`;
    project.program(program(args("1, 'a'")));
    await project.stack.up();
    project.program(program(args("1, 'b'")));
    const events = await eventsOf((onEvent) => project.stack.up({ onEvent }));
    expect(operations(events)).toContain("c: replace");
    expect(read(project, "log")).toBe("created\ncreated\ndeleted\n");
  }));

test("in a preview, outputs are unknown where a run would change them and known where not; nothing runs", () =>
  withProject(async (project) => {
    const watch = `import { appendFileSync } from "node:fs";`;
    const args = (text: string) => `{ create: "echo ${text} >> ran; echo ${text}" });
c.stdout.apply((value) => appendFileSync("seen", (pulumi.runtime.isDryRun() ? "preview " : "up ") + value + "\\n")`;
    project.program(program(args("one"), watch));
    await project.stack.preview();
    expect([existsSync(join(project.folder, "seen")), existsSync(join(project.folder, "ran"))]).toEqual([false, false]);
    await project.stack.up();
    await project.stack.preview();
    expect(read(project, "seen")).toBe("up one\npreview one\n");
    project.program(program(args("two"), watch));
    await project.stack.preview();
    expect([read(project, "seen"), read(project, "ran")]).toEqual(["up one\npreview one\n", "one\n"]);
  }));

test("a failure shows the command and what it printed, and leaves a state that the next run repairs", () =>
  withProject(async (project) => {
    const { stack } = project;
    project.program(program(`{ create: "echo half; echo 'no such role' >&2; exit 3", update: "exit 4" }`));
    const failure = await failureOf(stack.up());
    expect(failure).toContain("exit status 3");
    expect(failure).toContain("no such role");
    expect(failure).toContain("exit 3");
    expect(stateOf(project, "c")).toBeUndefined();

    project.program(program(`{ create: "echo whole", update: "exit 4" }`));
    expect(plain((await stack.up()).outputs)).toMatchObject({ stdout: "whole" });
    project.program(program(`{ create: "echo other", update: "exit 4" }`));
    expect(await failureOf(stack.up())).toContain("exit status 4");
    expect(stateOf(project, "c")).toMatchObject({ stdout: "whole", create: "echo whole" });
  }));

test("each line is logged while the command runs, unless logging says otherwise", () =>
  withProject(async (project) => {
    const logged = async (logging: string) => {
      project.program(program(`{ create: 'echo to-stdout; echo to-stderr >&2 # ${logging}', ${logging} }`));
      const events = await eventsOf((onEvent) => project.stack.up({ onEvent }));
      const text = JSON.stringify(events.map(({ diagnosticEvent }) => diagnosticEvent?.message ?? ""));
      return [text.includes("to-stdout"), text.includes("to-stderr")];
    };
    expect(await logged("")).toEqual([true, true]);
    expect(await logged(`logging: "stderr"`)).toEqual([false, true]);
    expect(await logged(`logging: "none"`)).toEqual([false, false]);
  }));

test("a wrong input is refused before anything runs", () =>
  withProject(async (project) => {
    project.program(program(`{ create: "touch ran", logging: "loud" }`));
    expect(await failureOf(project.stack.up())).toContain("logging");
    expect(existsSync(join(project.folder, "ran"))).toBe(false);
  }));

test("cancelling ends the running command and everything it started", () =>
  withProject(async (project) => {
    project.program(program(`{ create: "sleep 300 & echo $! > pid; wait" }`));
    const abort = new AbortController();
    const update = failureOf(project.stack.up({ signal: abort.signal }));
    await vi.waitUntil(() => existsSync(join(project.folder, "pid")) && read(project, "pid").endsWith("\n"), 60_000);
    abort.abort();
    await update;
    const pid = Number(read(project, "pid"));
    await vi.waitUntil(() => !isRunning(pid), 20_000);
  }));

test.runIf(rebuilt)("a secret input makes stdout and stderr secret, is not logged, and is taken out of an error", () =>
  withProject(async (project) => {
    const { stack } = project;
    const canary = "canary-4f1e";
    const args = (command: string) => `{ create: ${JSON.stringify(command)}, stdin: pulumi.secret("${canary}") }`;
    project.program(program(args("tee /dev/stderr")));
    let printed = "";
    const events = await eventsOf((onEvent) =>
      stack.up({
        onEvent,
        onOutput: (text) => {
          printed += text;
        },
      }),
    );
    expect(plain(await stack.outputs())).toMatchObject({ stdout: canary, stderr: canary });
    const { stdout, stderr, stdin, create } = stateOf(project, "c") ?? {};
    expect([stdout, stderr, stdin, create].map(isEncrypted)).toEqual([true, true, true, false]);

    project.program(program(args(`read line; echo "cannot use $line" >&2; exit 1`)));
    const failure = await failureOf(stack.up());
    expect(failure).toContain("cannot use [secret]");
    const everything = JSON.stringify(events) + printed + failure + stateText(project);
    expect(everything).not.toContain(canary);

    project.program(program(`{ create: "echo plain", addPreviousOutputInEnv: false }`));
    await stack.up();
    expect(stateOf(project, "c")).toMatchObject({ stdout: "plain" });
  }),
);

test.runIf(rebuilt)("what the rebuilt plugin does not have is refused by name", () =>
  withProject(async (project) => {
    project.program(program(`{ create: "touch ran", assetPaths: ["*"] }`));
    const failure = await failureOf(project.stack.up());
    expect(failure).toContain("assetPaths");
    expect(failure).toContain("official plugin");
    expect(existsSync(join(project.folder, "ran"))).toBe(false);
  }),
);

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z "); // Dead, and not yet collected by its new parent.
  } catch {
    return !existsSync("/proc");
  }
}
