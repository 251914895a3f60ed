import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const checkout = join(import.meta.dirname, "../../..");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants enforced-"));
  for (const path of ["cli", "toolchain/setup", "bin", "state", "policy.d/naming"])
    mkdirSync(join(folder, path), { recursive: true });
  for (const file of [
    "environment.sh",
    "preview.sh",
    "up.sh",
    "policyFlags.ts",
    "policyPacks.ts",
    "operatorError.ts",
    "pulumi.ts",
  ])
    cpSync(join(checkout, "cli", file), join(folder, "cli", file));
  cpSync(join(checkout, "toolchain/setup/lib.sh"), join(folder, "toolchain/setup/lib.sh"));
  // What else the commands run is not what this is about.
  for (const step of ["recover", "saveStateOffsite", "status"]) writeFileSync(join(folder, `cli/${step}.ts`), "");
  writeFileSync(join(folder, "toolchain/setup/setup.sh"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(folder, "bin/pulumi"), '#!/bin/sh\nprintf "%s\\n" "$@" >"$PGTENANTS_STATE/asked"\n', {
    mode: 0o755,
  });
  writeFileSync(join(folder, "state/env.sh"), `PATH='${join(folder, "bin")}':$PATH\n`);
});
afterEach(() => rmSync(folder, { recursive: true }));

function command(name: string) {
  const env = { ...process.env, PGTENANTS_STATE: join(folder, "state"), PGTENANTS_PROJECT: folder };
  return spawnSync("bash", [join(folder, "cli", name)], { env, encoding: "utf8" });
}

test.each([
  ["preview.sh", "preview"],
  ["up.sh", "up"],
])("cli/%s gives Pulumi our pack, those of policy.d and their configurations", (script, verb) => {
  const team = join(folder, "policy.d");
  writeFileSync(join(team, "naming/PulumiPolicy.yaml"), "runtime: nodejs\n");
  writeFileSync(join(team, "pgtenants.json"), "{}");
  expect(command(script)).toMatchObject({ status: 0, stderr: "" });
  const asked = readFileSync(join(folder, "state/asked"), "utf8").trimEnd().split("\n");
  expect(asked[0]).toBe(verb);
  expect(asked.filter((argument) => argument.startsWith("--policy-pack"))).toEqual([
    `--policy-pack=${join(folder, "policy")}`,
    `--policy-pack=${join(team, "naming")}`,
    `--policy-pack-config=${join(team, "pgtenants.json")}`,
    `--policy-pack-config=${join(folder, "policy/noConfiguration.json")}`,
  ]);
});

test.each(["preview.sh", "up.sh"])(
  "cli/%s asks Pulumi nothing where policy.d has something that enforces nothing",
  (script) => {
    const { status, stderr } = command(script);
    expect(status).toBe(1);
    expect(stderr).toContain(
      "error: policy.d/naming: got neither a folder with a PulumiPolicy.yaml nor one of pgtenants.json\n  fix: ",
    );
    expect(() => readFileSync(join(folder, "state/asked"))).toThrow();
  },
);
