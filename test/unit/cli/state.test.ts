import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fileBackend } from "../../../cli/fileBackend.ts";
import { refuseHeld } from "../../../cli/locks.ts";
import { newestUsable } from "../../../cli/state.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants-state-"));
  writeFileSync(join(folder, "Pulumi.yaml"), "name: pgtenants\nruntime: nodejs\n");
  vi.stubEnv("PULUMI_BACKEND_URL", `file://${folder}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Writes a file of the backend's, so many minutes after another. */
function write(path: string, text: string, minute = 0): string {
  const file = join(folder, ".pulumi", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  utimesSync(file, minute * 60, minute * 60);
  return file;
}

const backup = (name: string) => `backups/pgtenants/dev/dev.${name}.json`;
const before = "stacks/pgtenants/dev.json.bak";
const urn = "urn:pulumi:dev::pgtenants::pulumi:pulumi:Stack::pgtenants-dev";
const checkpoint = (latest?: object) => JSON.stringify({ version: 3, checkpoint: { stack: "dev", latest } });
const stackAlone = { urn, type: "pulumi:pulumi:Stack" };
const name = {
  urn: "urn:pulumi:dev::pgtenants::random:index/randomId:RandomId::state",
  type: "random:index/randomId:RandomId",
};
const whole = checkpoint({ manifest: {}, resources: [stackAlone, { ...name, outputs: { hex: "0123456789abcdef" } }] });
const volume = {
  urn: "urn:pulumi:dev::pgtenants::docker:index/volume:Volume::acme-data",
  type: "docker:index/volume:Volume",
};
const stopped = checkpoint({ manifest: {}, resources: [stackAlone, volume] });
const refused = checkpoint({ manifest: {}, resources: [stackAlone] });
const destroyed = checkpoint({ manifest: {} });
const begun = checkpoint();

const copies = () => fileBackend(folder, "dev")?.copies ?? [];
const found = () => newestUsable(copies())?.file;

describe("the copy that a lost state is put back from", () => {
  test.each([
    ["none where there is none", [], undefined],
    [
      "the newest",
      [
        [backup("1"), whole, 1],
        [before, whole, 3],
        [backup("2"), whole, 2],
      ],
      before,
    ],
    [
      "not one that was cut off",
      [
        [backup("1"), whole, 1],
        [before, whole.slice(0, 40), 2],
      ],
      backup("1"),
    ],
    [
      "not one of a stack that was only begun",
      [
        [backup("1"), whole, 1],
        [before, begun, 2],
      ],
      backup("1"),
    ],
    [
      "not one of a deployment that was refused, which made nothing",
      [
        [before, whole, 1],
        [backup("2"), refused, 2],
      ],
      before,
    ],
    ["none where there is nothing but that", [[backup("2"), refused, 2]], undefined],
    [
      "that of a stack that was stopped, with its passwords",
      [
        [before, whole, 1],
        [backup("2"), stopped, 2],
      ],
      backup("2"),
    ],
    [
      "none where everything was destroyed",
      [
        [before, whole, 1],
        [backup("2"), destroyed, 2],
      ],
      undefined,
    ],
    ["none of another stack", [["backups/pgtenants/prod/prod.1.json", whole, 1]], undefined],
    ["none of what the backend keeps beside them", [[`${backup("1")}.attrs`, whole, 1]], undefined],
  ] as const)("is %s", (_, files, expected) => {
    for (const [path, text, minute] of files) write(path, text, minute);
    expect(found()).toBe(expected && join(folder, ".pulumi", expected));
  });

  test("says when it was written", () => {
    write(before, whole, 90);
    expect(copies()[0]?.written.toISOString()).toBe("1970-01-01T01:30:00.000Z");
  });

  test("is the backend's own affair where that is no folder", () => {
    vi.stubEnv("PULUMI_BACKEND_URL", "s3://bucket");
    expect(fileBackend(folder, "dev")).toBeUndefined();
  });
});

describe("the backend is a folder", () => {
  const folderFound = () => fileBackend(folder, "dev")?.stateFile.replace(/\/\.pulumi\/.*/, "");

  test("by pulumi login, where no variable and no project file says otherwise", () => {
    vi.stubEnv("PULUMI_BACKEND_URL", undefined);
    vi.stubEnv("PULUMI_HOME", folder);
    vi.stubEnv("HOME", "/home/somebody");
    expect(folderFound()).toBeUndefined();
    writeFileSync(join(folder, "credentials.json"), JSON.stringify({ current: "file://~" }));
    expect(folderFound()).toBe("/home/somebody");
    writeFileSync(join(folder, "credentials.json"), JSON.stringify({ current: "https://api.example.com" }));
    expect(folderFound()).toBeUndefined();
    writeFileSync(
      join(folder, "Pulumi.yaml"),
      "name: pgtenants\nbackend: { url: file:///srv/of%20state?no_tmp_dir=true }\n",
    );
    expect(folderFound()).toBe("/srv/of state");
  });
});

describe("a lock", () => {
  const lock = (pid: number) =>
    write("locks/organization/pgtenants/dev/0.json", JSON.stringify({ pid, hostname: hostname() }));
  const refuse = () => refuseHeld("dev", fileBackend(folder, "dev")?.locks ?? []);

  test("of a process that lives is respected", () => {
    lock(process.pid);
    expect(refuse).toThrow(`stack dev is being deployed by process ${process.pid}`);
  });

  test("of one that is gone is not", () => {
    // Beyond the kernel's largest process id.
    lock(2 ** 22 + 1);
    expect(refuse).not.toThrow();
  });
});
