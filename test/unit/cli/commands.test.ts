import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { superuserArguments } from "../../../components/superuserSession.ts";
import { stackOutputs } from "../../support/stackOutputs.ts";

const unprotected = JSON.stringify({
  deployment: {
    resources: [
      {
        type: "docker:index/volume:Volume",
        urn: "urn:pulumi:dev::pgtenants::pgtenants:index:TenantDatabase$docker:index/volume:Volume::acme-data",
        parent: "urn:pulumi:dev::pgtenants::pgtenants:index:TenantDatabase::acme",
      },
    ],
  },
});

const password = {
  type: "random:index/randomPassword:RandomPassword",
  urn: "urn:pulumi:dev::pgtenants::pgtenants:index:TenantDatabase$random:index/randomPassword:RandomPassword::acme-password",
  parent: "urn:pulumi:dev::pgtenants::pgtenants:index:TenantDatabase::acme",
};

const outputs = JSON.stringify(stackOutputs("acme"));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants-cli-"));
  mkdirSync(join(folder, "bin"));
  symlinkSync(process.execPath, join(folder, "bin/node"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Puts a shell script where the commands look for a program. */
function program(name: string, script: string): void {
  writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "bin", name), 0o755);
}

/** Runs a command with no program but those of {@link program}. */
function command(name: string, ...args: string[]) {
  const file = fileURLToPath(new URL(`../../../cli/${name}.ts`, import.meta.url));
  const env = { PATH: join(folder, "bin"), PGTENANTS_STATE: folder };
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { env, encoding: "utf8" });
  return { status, stdout, stderr };
}

/** One error with one fix, and nothing else: no stack frames. */
function failure(error: string, fix: string) {
  const escaped = [error, fix].map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return {
    status: 1,
    stdout: "",
    stderr: expect.stringMatching(new RegExp(`^error: .*${escaped[0]}.*\n  fix: .*${escaped[1]}.*\n$`)),
  };
}

describe.each(["status", "checkProtection"])("%s", (name) => {
  test("without a stack", () => {
    expect(command(name)).toEqual(failure("no stack given", `node cli/${name}.ts <stack>`));
  });

  test("without pulumi", () => {
    expect(command(name, "dev")).toEqual(failure("pulumi was not found", "make shell"));
  });

  test("for a stack that does not exist", () => {
    program("pulumi", "echo 'warning: old' >&2; echo \"error: no stack named 'nosuch' found\" >&2; exit 255");
    expect(command(name, "nosuch")).toEqual(failure("pulumi: no stack named 'nosuch' found", "pulumi stack ls"));
  });

  test("what pulumi says is told in one line, what it printed is not: that may be secret", () => {
    program("pulumi", "echo not-a-secret; printf 'error: bad passphrase:\\n  look\\n' >&2; exit 255");
    expect(command(name, "dev")).toEqual(failure("pulumi: bad passphrase: look", "make shell"));
  });
});

describe("status", () => {
  test("of a stack that was never deployed", () => {
    program("pulumi", "echo '{}'");
    expect(command("status", "dev")).toEqual(failure("tenants, connectionStrings", "make up"));
  });

  test("without psql and without an engine that has one", () => {
    program("pulumi", `printf '%s' '${outputs.replaceAll("'", "'\\''")}'`);
    program("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1");
    expect(command("status", "dev")).toEqual(failure("no Docker engine answers: Cannot connect", "make up"));
  });

  test("where the connection files cannot be written", () => {
    program("pulumi", `printf '%s' '${outputs.replaceAll("'", "'\\''")}'`);
    writeFileSync(join(folder, "connect"), "a file, not a folder");
    expect(command("status", "dev")).toEqual(failure("cannot write the connection files", "writable"));
  });
});

describe("pgt psql --superuser", () => {
  /** An engine with one container of the stack's, which prints what it is to run, a word a line. */
  const engine = (state: string, name = "acme", labels = "dev.pgtenants.tenant=acme") =>
    program(
      "docker",
      `if [ "$1" = exec ]; then printf '%s\\n' "$@"; else echo '{"Names":"pgtenants-dev.${name}","State":"${state}","Labels":"${labels}"}'; fi`,
    );
  const psql = (id: string, ...args: string[]) => command("pgt/main", "psql", id, "--superuser", "--", ...args);

  test("begins a session in which nothing counts that the tenant set", () => {
    engine("running");
    const { status, stdout } = psql("acme", "--dbname=shop", "-c", "SELECT 1");
    const words = ["exec", "--interactive", ...superuserArguments({ search_path: "" }), "--env=PSQL_HISTORY=/dev/null"];
    const expected = [...words, "pgtenants-dev.acme", "psql", "--no-psqlrc", "--dbname=shop", "-c", "SELECT 1", ""];
    expect({ status, words: stdout.split("\n") }).toEqual({ status: 0, words: expected });
    // Else a CREATE FUNCTION without a schema lands in pg_catalog, which pg_dump leaves out.
    expect(stdout).toMatch(/^--env=PGOPTIONS=-c search_path= -c role=none /m);
  });

  test("says what is there instead of a server that runs", () => {
    engine("exited");
    expect(psql("acme")).toEqual(failure("the container pgtenants-dev.acme is exited", "pgt start acme"));
    expect(psql("globex")).toEqual(failure("the container pgtenants-dev.globex is not there", "pgt start globex"));
    expect(psql("acmee")).toEqual(failure('no tenant "acmee"', "did you mean acme?"));
  });

  test("does not take a connection pool for a server", () => {
    engine("running", "acme_pooler", "dev.pgtenants.pooler=acme");
    expect(psql("acme_pooler")).toEqual(failure('no tenant "acme_pooler"', "take one of acme"));
  });
});

describe("checkProtection", () => {
  test("names what is not protected, and both ways on", () => {
    program("pulumi", `printf '%s' '${unprotected}'`);
    const expected = failure("acme-data", "deletionProtection true && pulumi up");
    expect(command("checkProtection", "dev")).toEqual(expected);
    expect(command("checkProtection", "dev").stderr).toContain("pulumi destroy");
  });

  test("a password that was only rotated gets its protection back first", () => {
    const protectedVolume = unprotected.replace('"parent"', '"protect":true,"parent"');
    const withPassword = (protect: boolean) =>
      protectedVolume.replace("[", `[${JSON.stringify({ ...password, protect })},`);
    const isProtected = join(folder, "protected");
    program(
      "pulumi",
      [
        `if [ "$5" = protect ]; then echo "$*" >>'${isProtected}'; exit; fi`,
        `if [ -e '${isProtected}' ]; then printf '%s' '${withPassword(true)}'; else printf '%s' '${withPassword(false)}'; fi`,
      ].join("\n"),
    );
    expect(command("checkProtection", "dev")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(readFileSync(isProtected, "utf8")).toMatch(/ state protect --yes --stack dev [^ ]+::acme-password\n$/);
  });

  test("says nothing where all is", () => {
    program("pulumi", `printf '%s' '${unprotected.replace('"parent"', '"protect":true,"parent"')}'`);
    expect(command("checkProtection", "dev")).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});
