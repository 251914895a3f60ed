import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Finished, run } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

// What `pulumi preview` itself refuses, on real containers, and the words of each refusal followed. Nobody can wait two days for a backup to
// grow old: a `docker` before the real one gives the two answers that say so, and notes who was asked.

const [acme, globex] = ["id: acme", "id: globex"];
let at: TestStack;
let aged: string;
const hourAgo = () => Math.floor(Date.now() / 1000) - 3600;

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex"], {}, "gate");
  await at.stack.up();
  aged = makeAgedDocker();
});
afterAll(() => at?.remove());

/** A folder with a `docker` by which every container runs since 2020, and its newest backup is as {@link newestBackup} says. */
function makeAgedDocker(): string {
  const real = execFileSync("sh", ["-c", "command -v docker"], { encoding: "utf8" }).trim();
  const bin = join(at.folder, "aged");
  mkdirSync(bin);
  writeFileSync(
    join(bin, "docker"),
    `#!/bin/sh
case "$*" in
  "container inspect --format {{.Name}} {{.State.StartedAt}} "*) shift 4; printf '/%s 2020-01-01T00:00:00Z\\n' "$@" ;;
  *"/backups.sh") echo "$2" >>'${join(at.folder, "asked")}'; cat '${join(at.folder, "backups.json")}' ;;
  *) exec '${real}' "$@" ;;
esac
`,
    { mode: 0o755 },
  );
  return bin;
}

function newestBackup(ended: number): void {
  const backup = [{ error: false, timestamp: { stop: ended } }];
  writeFileSync(join(at.folder, "backups.json"), JSON.stringify({ enabled: "yes", info: [{ backup }] }));
  writeFileSync(join(at.folder, "asked"), "");
}

const asked = () => readFileSync(join(at.folder, "asked"), "utf8").split("\n").filter(Boolean);

function preview(environment: Record<string, string> = {}): Promise<Finished> {
  const where = ["--cwd", join(at.folder, "project"), "--stack", at.name, "--non-interactive"];
  const path = `${aged}${delimiter}${process.env["PATH"]}`;
  return run("pulumi", ["preview", ...where], "", { ...at.environment, PATH: path, ...environment });
}

describe("a restart on a backup that is too old", () => {
  const restarted = "id: acme, maxConnections: 41";

  test("is refused, and only who would restart is asked", async () => {
    newestBackup(1_600_000_000);
    at.list(`{ ${restarted} }`, "{ id: globex, memory: 384 MB }");
    const { code, stdout, stderr } = await preview();
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toContain(
      '"acme": got a change that restarts it (command) while its newest good backup ended 2020-09-13T12:26:40.000Z, expected one of the last 49 hours',
    );
    expect(asked()).toEqual([at.container("acme")]);
  });

  test("passes once there is a backup", async () => {
    newestBackup(hourAgo());
    at.list(`{ ${restarted} }`, globex);
    expect(await preview()).toMatchObject({ code: 0 });
    expect(asked()).toEqual([at.container("acme")]);
  });

  test("passes with the refusal's own words in the entry", async () => {
    newestBackup(1_600_000_000);
    at.list(`{ ${restarted} }`, globex);
    const { stdout, stderr } = await preview();
    const [, words = "no words"] =
      /"(confirmRestart: acme \d{4}-\d{2}-\d{2})" in its entry/.exec(`${stdout}${stderr}`) ?? [];
    at.list(`{ ${restarted}, ${words} }`, globex);
    expect(await preview()).toMatchObject({ code: 0 });
  });

  test("is only warned of where there is no engine", async () => {
    at.list(`{ ${restarted} }`, globex);
    const { code, stdout } = await preview({ DOCKER_HOST: "unix:///nonexistent" });
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("ages of backups") });
  });

  test("is nobody's where nobody restarts", async () => {
    newestBackup(1_600_000_000);
    at.list("{ id: acme, memory: 384 MB, statementTimeout: 30 s }", globex);
    expect(await preview()).toMatchObject({ code: 0 });
    expect(asked()).toEqual([]);
  });

  test("nor after a refresh, which writes what the engine says into the state", async () => {
    newestBackup(1_600_000_000);
    at.list(acme, globex);
    await at.stack.refresh();
    expect(await preview()).toMatchObject({ code: 0 });
    expect(asked()).toEqual([]);
  });
});

describe("more memory than is allowed", () => {
  test("is refused, and what is there already is not", async () => {
    await at.stack.setConfig("overcommit", { value: "0.01" });
    try {
      at.list("{ id: acme, memory: 384 MB }", globex);
      const refused = await preview();
      expect(refused.code).not.toBe(0);
      const said = `${refused.stdout}${refused.stderr}`;
      expect(said).toContain("overcommit: got memory of 2688 MB for 2 running tenants and what they share");
      at.list(acme, globex);
      expect(await preview()).toMatchObject({ code: 0 });

      at.list("{ id: acme, memory: 384 MB }", globex);
      const [, value = "0"] = /pulumi config set overcommit ([0-9.]+)$/m.exec(said) ?? [];
      await at.stack.setConfig("overcommit", { value });
      expect(await preview()).toMatchObject({ code: 0 });
    } finally {
      await at.stack.removeConfig("overcommit");
    }
  });
});

test("more tenants than a bridge has ports for are refused", async () => {
  at.list(...Array.from({ length: 501 }, (_, index) => `id: t-${index}`));
  const { code, stdout, stderr } = await preview();
  expect(code).not.toBe(0);
  expect(`${stdout}${stderr}`).toContain(
    "expected at most 500 tenants with a server of their own, instances included, 501 are: as many as one bridge serves",
  );
});
