import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OperatorError } from "../../../cli/operatorError.ts";
import { completionsOf, parseShell, renderCompletion } from "../../../cli/pgt/commands/completion.ts";
import { entryOf } from "../../../cli/pgt/commands/create.ts";
import { painter } from "../../../cli/pgt/context.ts";
import { DeploymentError, exitCodeOf } from "../../../cli/pgt/failures.ts";
import { makeProgram } from "../../../cli/pgt/program.ts";
import { TenantSchema } from "../../../tenants/schema.ts";

const main = fileURLToPath(new URL("../../../cli/pgt/main.ts", import.meta.url));
const commands = completionsOf(makeProgram(() => undefined));

/** Runs pgt where there is neither pulumi nor docker. */
function pgt(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    env: { PATH: "/nowhere" },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("the command line", () => {
  test.each([
    [["nonsense"], "unknown command 'nonsense'"],
    [["craete"], "Did you mean create?"],
    [["create"], "missing required argument 'id'"],
    [["url", "acme", "--format", "odbc"], "Allowed choices are uri, psql"],
    [["list", "--retried"], "Did you mean --retired?"],
    [["stop", "acme", "globex"], "too many arguments"],
    [["--stack", "Not_a_stack", "list"], 'stack name: got "Not_a_stack"'],
    [["completion", "tcsh"], 'got "tcsh", expected bash, zsh, fish'],
    [["create", "acme", "--password", "not-a-secret"], "every process of this machine"],
    [["purge", "acme", "--no-deploy"], "got --no-deploy"],
    [["list"], "docker"],
    [["plan"], "pulumi was not found"],
    [["plan", "--most", "100"], "expected a whole number from 2000"],
    [["plan", "--format", "html"], "Allowed choices are text, markdown, json"],
    [["import", "acme"], "got neither a source"],
    [["import", "pgs", "/nowhere", "--from", "acme.dump"], "got neither a source"],
    [["import", "pgs", "/nowhere"], "/nowhere"],
    [["import", "acme", "--from", "/nowhere/acme.dump"], "/nowhere/acme.dump is not there"],
    [["import", "acme", "--from", "postgres://app:not-a-secret@h/d"], "every process of this machine"],
    [["dump", "acme", "--format", "tar"], "Allowed choices are custom, plain"],
    [["drift", "--format", "html"], "Allowed choices are text, markdown"],
  ])("%j is refused with 1, without frames", (args, message) => {
    const { status, stdout, stderr } = pgt(...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stderr).not.toContain("not-a-secret");
  });

  test.each(["status", "drift"])(
    "%s ends with 2 where nobody can be asked: a monitor must not take that for a small thing",
    (name) => {
      expect(pgt(name)).toMatchObject({ status: 2, stderr: expect.stringContaining("error: pulumi was not found") });
    },
  );

  test("with --json an error is one line of JSON, before or behind the command", () => {
    for (const args of [
      ["--json", "completion", "tcsh"],
      ["completion", "tcsh", "--json"],
    ]) {
      const { status, stdout, stderr } = pgt(...args);
      expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
      expect(JSON.parse(stdout)).toEqual({
        event: "error",
        message: 'got "tcsh", expected bash, zsh, fish',
        fix: "pgt completion bash",
      });
    }
  });

  test("help is no error", () => {
    expect(pgt("--help")).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringContaining("create [options] <id>"),
    });
  });
});

describe("entryOf", () => {
  test("takes options as the file has them: sizes with a blank, numbers as numbers", () => {
    const options = {
      memory: "512MB",
      statementTimeout: "30s",
      disk: "10 GB",
      maxConnections: "40",
      allow: ["::/0"],
      password: true,
    };
    expect(entryOf("acme", options)).toEqual({
      id: "acme",
      memory: "512 MB",
      statementTimeout: "30 s",
      disk: "10 GB",
      maxConnections: 40,
      access: { allow: ["::/0"] },
      password: "custom",
    });
    expect(entryOf("acme", {})).toEqual({ id: "acme" });
  });

  test("leaves what is no number or size for the schema to refuse", () => {
    expect(entryOf("acme", { maxConnections: "4e1", memory: "5 gigs" })).toEqual({
      id: "acme",
      maxConnections: "4e1",
      memory: "5 gigs",
    });
  });

  test("every option of create that is no option of all commands is a field, or stands for one", () => {
    const own = commands.find(({ name }) => name === "create")?.options ?? [];
    const shared = commands.find(({ name }) => name === "recover")?.options ?? [];
    const fields = own
      .filter((option) => !shared.includes(option))
      .map((option) => option.slice(2).replace(/-./g, (mark) => mark.charAt(1).toUpperCase()));
    expect(fields.filter((field) => !(field in TenantSchema.shape))).toEqual(["allow"]);
  });
});

test.each([
  [new OperatorError("wrong", "mend it"), 1],
  [new DeploymentError("refused", "mend it", "refused", false), 1],
  [new DeploymentError("failed", "mend it", "failed", true), 2],
  [new DeploymentError("interrupted", "again", "interrupted", true), 130],
])("exit code of %s", (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

describe("colours", () => {
  const terminal = { isTTY: true } as NodeJS.WriteStream;
  beforeEach(() => {
    vi.stubEnv("NO_COLOR", "");
    vi.stubEnv("TERM", "xterm");
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  const painted = (wanted = true, stream = terminal) => painter(wanted, stream)("red", "error:");

  test("are for a terminal", () => {
    expect(painted()).toBe("\x1b[31merror:\x1b[39m");
    expect(painted(true, { isTTY: false } as NodeJS.WriteStream)).toBe("error:");
  });

  test("stay away with NO_COLOR, --no-color, and from a terminal that has none", () => {
    expect(painted(false)).toBe("error:");
    vi.stubEnv("TERM", "dumb");
    expect(painted()).toBe("error:");
    vi.stubEnv("TERM", "xterm");
    vi.stubEnv("NO_COLOR", "1");
    expect(painted()).toBe("error:");
  });
});

describe("completion", () => {
  test.each(["bash", "zsh", "fish"])("knows every command, for %s", (name) => {
    const script = renderCompletion(parseShell(name), commands);
    for (const { name: command } of commands) expect(script).toContain(command);
    expect(script).toContain("list --ids");
  });

  test("bash takes it, and completes commands, options and ids", () => {
    const script = renderCompletion("bash", commands);
    const complete = (...words: string[]) => {
      const ask = `pgt() { [ "$1 $2" = "list --ids" ] && printf '%s\\n' acme globex; }\n${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pgt; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return spawnSync("bash", ["-c", ask, "bash", ...words], { encoding: "utf8" })
        .stdout.split("\n")
        .filter((word) => word !== "");
    };
    expect(complete("pgt", "ren")).toEqual(["rename"]);
    expect(complete("pgt", "stop", "")).toEqual(["acme", "globex"]);
    expect(complete("pgt", "create", "")).toEqual([]);
    expect(complete("pgt", "url", "acme", "--f")).toEqual(["--format"]);
  });
});
