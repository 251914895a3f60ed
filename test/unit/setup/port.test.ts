import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bash as runBash } from "./shell.ts";

const free = { status: 0, output: "" };
let folder: string;

const bash = (script: string, args: readonly string[] = [], environment: Record<string, string> = {}) =>
  runBash(folder, ["lib.sh", "state.sh", "port.sh"], script, args, environment);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants-port-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test.each([
  ["127.0.0.1:5432", "127.0.0.1"],
  ["127.0.0.53%lo:53", "127.0.0.53"],
  ["[::1]:5432", "::1"],
  ["[fe80::1]%eth0:546", "fe80::1"],
  ["[::ffff:127.0.0.1]:5432", "127.0.0.1"],
  ["0.0.0.0:5432", "0.0.0.0"],
  ["[::]:5432", "::"],
  ["*:5432", "*"],
  [":5432", "*"],
])("listened_addresses: %s is %s", async (listener, address) => {
  expect((await bash('printf "%s\\n" "$1" | listened_addresses', [listener])).output).toBe(`${address}\n`);
});

test.each([
  // wanted, the router's own, what listens, what is in the way
  ["127.0.0.1", "", ["127.0.0.1"], ["127.0.0.1"]],
  ["127.0.0.1", "", ["*"], ["*"]],
  ["127.0.0.1", "", ["0.0.0.0"], ["0.0.0.0"]],
  ["127.0.0.1", "", ["::", "::1", "10.0.0.5"], []],
  ["::1", "", ["0.0.0.0", "127.0.0.1"], []],
  ["::1", "", ["::"], ["::"]],
  ["*", "", ["10.0.0.5"], ["10.0.0.5"]],
  ["*", "127.0.0.1", ["127.0.0.1"], []],
  ["*", "127.0.0.1", ["127.0.0.1", "10.0.0.5"], ["10.0.0.5"]],
  ["127.0.0.1", "*", ["*"], []],
  ["127.0.0.1", "*", ["0.0.0.0", "::"], []],
  ["127.0.0.1", "10.0.0.5", ["10.0.0.5", "127.0.0.1"], ["127.0.0.1"]],
])("in_the_way: to listen on %s, with own %j, at %j: %j", async (wanted, own, listening, expected) => {
  const { output } = await bash('in_the_way "$1" "$2" <<<"$3"', [wanted, own, listening.join("\n")]);
  expect(output.split("\n").slice(0, -1)).toEqual(expected);
});

describe("check_port", () => {
  let taken: Server;
  let port: number;

  beforeAll(async () => {
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });

  afterAll(() => {
    taken.close();
  });

  /** With a `docker` that knows one container, or none, and a stack's configuration. */
  function checkPort(settings: Record<string, string>, router?: string, path = process.env["PATH"] ?? "") {
    const bin = join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    const answers = router === undefined ? "exit 0" : `case $1 in ps) echo r0 ;; *) echo "${router}" ;; esac`;
    writeFileSync(join(bin, "docker"), `#!/bin/sh\n${answers}\n`);
    chmodSync(join(bin, "docker"), 0o755);
    writeFileSync(join(folder, "Pulumi.yaml"), "name: pgtenants\n");
    const lines = Object.entries(settings).map(([key, value]) => `  pgtenants:${key}: "${value}"\n`);
    writeFileSync(join(folder, "Pulumi.dev.yaml"), `config:\n${lines.join("")}`);
    return bash("check_port", [], { PATH: `${bin}${delimiter}${path}` });
  }

  /** A PATH with what the check needs, and without ss and lsof. */
  function bareTools(): string {
    const bare = join(folder, "bare");
    mkdirSync(bare, { recursive: true });
    for (const tool of ["bash", "sh", "sed", "awk", "sort", "paste", "head", "dirname"]) {
      const found = (process.env["PATH"] ?? "").split(delimiter).map((part) => join(part, tool));
      symlinkSync(found.find((path) => existsSync(path)) ?? tool, join(bare, tool));
    }
    return bare;
  }

  test("another program's port is an error that names port and address", async () => {
    const { status, output } = await checkPort({ port: String(port), listenAddress: "127.0.0.1" });
    expect(status).toBe(1);
    expect(output).toMatch(
      new RegExp(`^error: port ${port} is taken by another program, which listens on 127.0.0.1\n  fix: .*${port}`),
    );
  });

  test("without a listenAddress, as with *, any listener is in the way", async () => {
    expect((await checkPort({ port: String(port) })).status).toBe(1);
    expect((await checkPort({ port: String(port), listenAddress: "*" })).status).toBe(1);
  });

  test("the stack's own router is not in the way, whether or not its address changes", async () => {
    const own = `--entryPoints.postgres.address=127.0.0.1:${port}`;
    expect(await checkPort({ port: String(port), listenAddress: "127.0.0.1" }, own)).toEqual(free);
    expect(await checkPort({ port: String(port), listenAddress: "*" }, own)).toEqual(free);
    expect(await checkPort({ port: String(port) }, `--entryPoints.postgres.address=:${port}`)).toEqual(free);
  });

  test("a router of ours on another port does not make a taken port ours", async () => {
    const other = `--entryPoints.postgres.address=127.0.0.1:${port - 1}`;
    expect((await checkPort({ port: String(port), listenAddress: "127.0.0.1" }, other)).status).toBe(1);
  });

  test("an address that nobody listens on is free beside one that somebody does", async () => {
    expect(await checkPort({ port: String(port), listenAddress: "127.0.0.2" })).toEqual(free);
  });

  test("without ss and lsof, a connection tells", async () => {
    const bare = bareTools();
    expect((await checkPort({ port: String(port), listenAddress: "*" }, undefined, bare)).output).toContain(
      "127.0.0.1",
    );
    expect(await checkPort({ port: String(port), listenAddress: "127.0.0.2" }, undefined, bare)).toEqual(free);
  });
});
