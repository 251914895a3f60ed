import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { lockFile } from "../../../cli/pgt/fileLock.ts";
import { lineDiff } from "../../../cli/pgt/lineDiff.ts";
import { readStackConfig } from "../../../cli/pgt/stackConfig.ts";
import { writeText } from "../../../cli/pgt/textFile.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants-pgt-"));
  file = join(folder, "tenants.yaml");
  writeFileSync(file, "tenants:\n");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe("lineDiff", () => {
  test("shows what went and came, with a line around it", () => {
    expect(lineDiff("a\nb\nc\nd\n", "a\nb\nx\ny\nd\n")).toEqual(["  b", "- c", "+ x", "+ y", "  d"]);
    expect(lineDiff("a\n", "a\nb\n")).toEqual(["  a", "+ b"]);
    expect(lineDiff("a\r\nb\r\n", "a\r\n")).toEqual(["  a", "- b"]);
  });

  test("leads from one text to the other, whatever they are", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(text, text, (one, other) => {
        const lines = lineDiff(one.join("\n"), other.join("\n"));
        const count = (mark: string) => lines.filter((line) => line.startsWith(mark)).length;
        expect(one.length - count("-") + count("+")).toBe(other.length);
        expect(lines.length === 0).toBe(one.join("\n") === other.join("\n"));
      }),
    );
  });
});

describe("lockFile", () => {
  const lock = () => join(folder, ".tenants.yaml.lock");

  test("keeps a second one out until the first lets go, and says who holds it", () => {
    const release = lockFile(file, "pgt stop acme");
    expect(() => lockFile(file, "pgt start acme")).toThrow(
      `"pgt stop acme" is at work on this file: process ${process.pid} on ${hostname()}`,
    );
    release();
    lockFile(file, "pgt start acme")();
    expect(readdirSync(folder)).toEqual(["tenants.yaml"]);
  });

  test("takes over from a process that is gone", () => {
    const { pid } = spawnSync("true");
    writeFileSync(lock(), JSON.stringify({ pid, hostname: hostname(), command: "pgt stop", since: "" }));
    lockFile(file, "pgt start")();
    expect(readdirSync(folder)).toEqual(["tenants.yaml"]);
  });

  test("leaves the takeover of a dead process's lock to the one that has begun it", () => {
    const { pid } = spawnSync("true");
    const dead = JSON.stringify({ pid, hostname: hostname(), command: "pgt stop", since: "" });
    writeFileSync(lock(), dead);
    writeFileSync(`${lock()}.takeover`, dead);
    expect(() => lockFile(file, "pgt start")).toThrow("is being taken over by another pgt");
    expect(readFileSync(lock(), "utf8")).toBe(dead);
  });

  test("lets go of its own only", () => {
    const release = lockFile(file, "pgt stop");
    const other = JSON.stringify({ pid: 1, hostname: "elsewhere", command: "pgt start", since: "" });
    writeFileSync(lock(), other);
    release();
    expect(readFileSync(lock(), "utf8")).toBe(other);
  });

  test("says of one that is empty, as after a full disk, what to remove", () => {
    writeFileSync(lock(), "");
    expect(() => lockFile(file, "pgt start")).toThrow(`the lock ${lock()} cannot be read`);
  });

  test("leaves one of another machine alone: nobody here can know", () => {
    writeFileSync(lock(), JSON.stringify({ pid: 1, hostname: "elsewhere", command: "pgt stop", since: "then" }));
    expect(() => lockFile(file, "pgt start")).toThrow("process 1 on elsewhere, since then");
    expect(JSON.parse(readFileSync(lock(), "utf8")).hostname).toBe("elsewhere");
  });
});

describe("writeText", () => {
  test("keeps mode and symbolic link, and leaves nothing beside the file", () => {
    chmodSync(file, 0o640);
    const link = join(folder, "link.yaml");
    symlinkSync(file, link);
    writeText(link, "new\n");
    expect(readFileSync(file, "utf8")).toBe("new\n");
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(["link.yaml", "tenants.yaml"]);
  });

  test("says so where it cannot", () => {
    expect(() => writeText(join(folder, "missing", "file"), "new")).toThrow();
    expect(readdirSync(folder)).toEqual(["tenants.yaml"]);
  });
});

describe("readStackConfig", () => {
  const project = (settings: string, stack = "dev") => {
    vi.stubEnv("PGTENANTS_PROJECT", folder);
    writeFileSync(
      join(folder, "Pulumi.yaml"),
      "name: pgtenants\nconfig:\n  port: { type: integer, default: 5432 }\n  domain: { type: string }\n",
    );
    writeFileSync(join(folder, `Pulumi.${stack}.yaml`), settings);
  };

  test("takes settings with and without the project's name, and defaults from Pulumi.yaml", () => {
    project(
      "config:\n  pgtenants:domain: db.example.com\n  tenantsFile: list.yaml\n  pgtenants:passwords: { secure: abc }\n",
    );
    const config = readStackConfig("dev");
    expect(config).toMatchObject({
      domain: "db.example.com",
      port: 5432,
      tenantsFile: join(folder, "list.yaml"),
      tenantsFileName: "list.yaml",
    });
    expect(config.get("passwords")).toBeUndefined();
    expect(config.get("hostAddress")).toBeUndefined();
  });

  test.each([
    ["prod", "Pulumi.prod.yaml: not there"],
    ["Not_a_stack", 'stack name: got "Not_a_stack"'],
  ])("a stack %s is refused", (stack, message) => {
    project("config:\n  domain: db.example.com\n");
    expect(() => readStackConfig(stack)).toThrow(message);
  });

  test("a stack without a domain is told to have one", () => {
    project("encryptionsalt: v1\n");
    expect(() => readStackConfig("dev")).toThrow("the stack has no domain");
  });
});
