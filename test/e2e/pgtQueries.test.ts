import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectionFormats } from "../../cli/stackOutputs.ts";
import { stringsOf } from "./support/clients.ts";
import { pgt, pgtOnTerminal, pgtOutput } from "./support/pgt.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex"]);
  await pgtOutput(at, "start");
});
afterAll(() => at?.remove());

test("psql runs as the tenant, with its own exit code", async () => {
  expect(await pgtOutput(at, "psql", "acme", "--", "-Atc", "SELECT current_user")).toBe("acme\n");
  expect((await pgt(at, ["psql", "acme", "--", "-v", "ON_ERROR_STOP=1"], "SELECT nothing;")).code).toBe(3);
});

test("where the machine has no psql the image's runs, at the operator's terminal, and Ctrl-C is its own", async () => {
  const old = mkdtempSync(join(at.folder, "bin-"));
  writeFileSync(join(old, "psql"), "#!/bin/sh\necho 'psql (PostgreSQL) 9.6'\n", { mode: 0o755 });
  const terminal = pgtOnTerminal(at, ["psql", "acme"], `${old}:${process.env["PATH"]}`);
  await terminal.says("acme=> ");
  // A line that is taken back: behind its quote nothing would be answered.
  terminal.type("SELECT 'never\x03");
  await terminal.says("^C");
  terminal.type("SELECT 6 * 7 AS answer;\n");
  await terminal.says("42");
  terminal.type("\\q\n");
  expect(await terminal.ended).toMatchObject({ code: 0 });
  await intoFile(["psql", "acme"], `${old}:${process.env["PATH"]}`);
});

test("psql --superuser runs in the container, and nothing that the tenant set counts there", async () => {
  const superuser = (...args: string[]) => pgtOutput(at, "psql", "acme", "--superuser", "--", "-At", ...args);
  const hostile = ["search_path = evil", "role = acme", "default_transaction_read_only = on"];
  const commands = hostile.map((setting) => `--command=ALTER DATABASE acme SET ${setting}`);
  await pgtOutput(at, "psql", "acme", "--", "--quiet", ...commands);
  try {
    const names = "SELECT current_user, current_setting('search_path'), current_setting('transaction_read_only')";
    expect(await superuser("--dbname=acme", "-c", names)).toBe("pgtenants||off\n");
    const without = [
      "TABLE lost (id int)",
      "FUNCTION lost() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      "TYPE lost AS ENUM ()",
    ];
    for (const made of without) {
      expect(await pgt(at, ["psql", "acme", "--superuser", "--", "-c", `CREATE ${made}`])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("no schema has been selected to create in"),
      });
    }
  } finally {
    await superuser("-c", "ALTER DATABASE acme RESET ALL");
  }
  const terminal = pgtOnTerminal(at, ["psql", "acme", "--superuser"], process.env["PATH"] ?? "");
  await terminal.says("postgres=# ");
  terminal.type("\\q\n");
  expect(await terminal.ended).toMatchObject({ code: 0 });
  await intoFile(["psql", "acme", "--superuser"], process.env["PATH"] ?? "");
});

/** Rows that are asked for at a terminal and written into a file have no CR at the ends of lines. */
async function intoFile(args: readonly string[], path: string): Promise<void> {
  const file = join(mkdtempSync(join(at.folder, "rows-")), "rows");
  const query = ["--", "-At", "-c", "'SELECT generate_series(1, 2)'", ">", file];
  expect(await pgtOnTerminal(at, [...args, ...query], path).ended).toMatchObject({ code: 0 });
  expect(readFileSync(file, "utf8")).toBe("1\n2\n");
}

test("url gives every form, by itself or as a document", async () => {
  const strings = stringsOf(await at.connectionStrings(), "acme");
  expect([...connectionFormats].sort()).toEqual(Object.keys(strings).sort());
  for (const format of connectionFormats) {
    expect((await pgtOutput(at, "url", "acme", "--format", format)).trim()).toBe(strings[format].trim());
  }
  expect(await pgtOutput(at, "url", "acme")).toBe(`${strings.uri}\n`);
  const document = JSON.parse(await pgtOutput(at, "url", "acme", "--format", "jdbc", "--json"));
  expect(document).toEqual({ id: "acme", format: "jdbc", value: strings.jdbc });
});

test("logs are the tenant's and the router's", async () => {
  const { stderr } = await pgt(at, ["logs", "acme"]);
  expect(stderr).toContain("database system is ready to accept connections");
  const router = await pgt(at, ["logs", "router", "--tail", "1"]);
  expect((router.stdout + router.stderr).trim().split("\n")).toHaveLength(1);
});

describe("status and doctor", () => {
  test("tell what is well by 0, and what is down by 2", async () => {
    const healthy = await pgt(at, ["status", "--json"]);
    expect({ ...JSON.parse(healthy.stdout), code: healthy.code }).toMatchObject({ code: 0, status: "healthy" });
    await outputOf("docker", ["stop", at.container("globex")]);
    try {
      expect((await pgt(at, ["status", "acme"])).code).toBe(0);
      expect(await pgt(at, ["status"])).toMatchObject({
        code: 2,
        stdout: expect.stringMatching(/^globex +error +NONE/m),
      });
      expect(await pgt(at, ["doctor"])).toMatchObject({
        stdout: expect.stringContaining("globex-server is in the state and does not run"),
      });
    } finally {
      await outputOf("docker", ["start", at.container("globex")]);
    }
  });

  test("every check of the doctor's says something", async () => {
    const { findings } = JSON.parse((await pgt(at, ["doctor", "--json"])).stdout);
    const of = (check: string) => findings.find((finding: { check: string }) => finding.check === check);
    for (const check of ["engine", "limits", "disk guard", "lock", "state", "port", "ALPN", "routes", "hardening"]) {
      expect(of(check)).toMatchObject({ level: "ok" });
    }
    // How full this machine is, is not for a test to say.
    expect(of("disk").found).toMatch(/free/);
    expect(of("kernel").found).toMatch(/room for/);
    expect(of("certificate").found).toContain(`*.${at.domain}, trusted`);
    expect(of("DNS").found).toContain("hostAddress");
  });
});

test("doctor sees a disk guard that was killed", async () => {
  const kill = 'kill -9 $(grep -l "guard[.]sh" /proc/[0-9]*/cmdline | cut -d/ -f3)';
  await outputOf("docker", ["exec", at.container("globex"), "sh", "-c", kill]);
  try {
    expect(await pgt(at, ["doctor"])).toMatchObject({
      code: 2,
      stdout: expect.stringContaining(`${at.container("globex")}: it was killed`),
    });
  } finally {
    await outputOf("docker", ["restart", at.container("globex")]);
  }
  expect((await pgt(at, ["doctor"])).stdout).not.toContain("it was killed");
});
