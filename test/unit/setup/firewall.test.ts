import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bash } from "./shell.ts";

const run = promisify(execFile);
const setup = fileURLToPath(new URL("../../../toolchain/setup", import.meta.url));
const v6 = existsSync("/proc/net/if_inet6");
const tools = v6 ? ["iptables", "ip6tables"] : ["iptables"];
const rule = "-i pgt-+ -m conntrack ! --ctstate ESTABLISHED,RELATED -m comment --comment pgtenants -j DROP";

let folder: string;
let bin: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants-firewall-"));
  bin = join(folder, "bin");
  mkdirSync(bin);
  // Each knows its own rule, once it was inserted; all calls are kept.
  for (const tool of tools)
    fake(
      tool,
      `echo "${tool} $*" >>"$HOME/calls"
      case $* in *" -C "*) test -e "$HOME/${tool}.placed" ;; *) : >"$HOME/${tool}.placed" ;; esac`,
    );
  fake("systemctl", 'echo "systemctl $*" >>"$HOME/calls"');
});
afterEach(() => rmSync(folder, { recursive: true }));

function fake(tool: string, body: string): void {
  writeFileSync(join(bin, tool), `#!/bin/sh\n${body}\n`);
  chmodSync(join(bin, tool), 0o755);
}

const calls = () => (existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8") : "");
const unit = () => readFileSync(join(folder, "unit"), "utf8");

interface Machine {
  readonly root?: boolean;
  readonly systemd?: boolean;
  readonly os?: string;
  readonly iptables?: boolean;
  readonly environment?: Record<string, string>;
}

/** The step on a machine of this kind, by default one without systemd, by root. */
function setUpFirewall({
  root = true,
  systemd = false,
  os = "linux",
  iptables = true,
  environment = {},
}: Machine = {}) {
  const found = iptables ? "" : 'have() { [ "$1" != iptables ]; };';
  const script = `OS=${os}; FIREWALL_UNIT="$HOME/unit"; is_root() { ${root}; }; systemd_runs() { ${systemd}; }; ${found} set_up_firewall`;
  const PATH = `${bin}${delimiter}${process.env["PATH"]}`;
  return bash(folder, ["lib.sh", "platform.sh", "firewall.sh"], script, [], { PATH, ...environment });
}

describe("set-up", () => {
  test("places one rule for each family, before all others, and a second time finds nothing to do", async () => {
    const { status, output } = await setUpFirewall();
    expect(status).toBe(0);
    expect(output.match(/after a reboot the rule is gone/g)).toHaveLength(1);
    expect(calls().split("\n")).toEqual(
      expect.arrayContaining(tools.map((tool) => `${tool} -w 10 -I INPUT 1 ${rule}`)),
    );
    expect(existsSync(join(folder, "unit"))).toBe(false);

    writeFileSync(join(folder, "calls"), "");
    expect(await setUpFirewall()).toEqual({ status: 0, output: "" });
    expect(calls()).toBe(tools.map((tool) => `${tool} -w 10 -C INPUT ${rule}\n`).join(""));
  });

  test("makes the rule survive a reboot by a unit, which is written anew when it differs", async () => {
    expect((await setUpFirewall({ systemd: true })).output).not.toContain("reboot the rule is gone");
    const written = unit();
    expect(written).toMatch(/^Type=oneshot$/m);
    expect(written).toMatch(/^Before=docker\.service$/m);
    expect(written).toMatch(/^WantedBy=multi-user\.target$/m);
    expect(statSync(join(folder, "unit")).mode & 0o777).toBe(0o644);
    expect(calls()).toContain("systemctl daemon-reload\nsystemctl --quiet enable --now unit\n");

    expect(await setUpFirewall({ systemd: true })).toEqual({ status: 0, output: "" });
    writeFileSync(join(folder, "unit"), "of an earlier version\n");
    expect((await setUpFirewall({ systemd: true })).output).toContain("making the rule survive a reboot");
    expect(unit()).toBe(written);
  });

  test.each([
    ["as an ordinary user", { root: false }, /only root .*\n {2}fix: sudo toolchain\/setup\/firewall\.sh/],
    [
      "with an engine elsewhere",
      { environment: { DOCKER_HOST: "ssh://db1" } },
      /the engine is at ssh:\/\/db1.*\n {2}fix: /,
    ],
  ])("%s warns, with what to run, and goes on", async (_, machine, warning) => {
    const { status, output } = await setUpFirewall(machine);
    expect(status).toBe(0);
    expect(output).toMatch(new RegExp(`^warning: ${warning.source}.*\n$`));
    expect(calls()).toBe("");
  });

  test("as an ordinary user says nothing where root has placed the unit", async () => {
    await setUpFirewall({ systemd: true });
    expect(await setUpFirewall({ root: false })).toEqual({ status: 0, output: "" });
  });

  test("without iptables warns and goes on", async () => {
    const { status, output } = await setUpFirewall({ iptables: false });
    expect(status).toBe(0);
    expect(output).toMatch(/^warning: there is no iptables .*\n {2}fix: /);
  });

  test("with an iptables that fails says what it said, and goes on", async () => {
    fake("iptables", "echo 'no such table' >&2; exit 3");
    const { status, output } = await setUpFirewall();
    expect(status).toBe(0);
    expect(output).toMatch(/no such table\nwarning: the firewall rule could not be placed.*\n {2}fix: /);
  });

  test("does nothing where the engine runs in a machine of its own", async () => {
    expect(await setUpFirewall({ os: "darwin" })).toEqual({ status: 0, output: "" });
    expect(calls()).toBe("");
  });
});

// A network namespace of the test's own, which only root can make.
describe.runIf(process.getuid?.() === 0)("with the kernel's own tables", () => {
  const others = "-A INPUT -p tcp -m tcp --dport 9 -j ACCEPT";
  const placed = rule.replace("ESTABLISHED,RELATED", "RELATED,ESTABLISHED");
  const policies = ["-P INPUT ACCEPT", "-P FORWARD ACCEPT", "-P OUTPUT ACCEPT"];
  const prelude = `set -euo pipefail; cd "${setup}"; source lib.sh; source platform.sh; source firewall.sh
    OS=linux; FIREWALL_UNIT="$HOME/unit"; systemd_runs() { true; }; systemctl() { true; }
    start_unit() { sed -n 's/^ExecStart=//p' "$FIREWALL_UNIT" | sh -e; }
    for tool in ${tools.join(" ")}; do "$tool" ${others}; done`;

  async function tables(script: string): Promise<string[]> {
    const list = tools.map((tool) => `${tool} -S`).join("; ");
    const args = ["--net", "bash", "-c", `${prelude}\n{ ${script}; } >&2; ${list}`];
    const { stdout } = await run("unshare", args, { env: { PATH: process.env["PATH"], HOME: folder } });
    return stdout.trim().split("\n");
  }

  const expected = tools.flatMap(() => [...policies, `-A INPUT ${placed}`, others]);
  const drop = tools.map((tool) => `${tool} -D INPUT ${rule}`).join("; ");

  test("the rule is the first, there once, and no other is changed", async () => {
    expect(await tables("set_up_firewall; set_up_firewall")).toEqual(expected);
  });

  test("what the unit starts puts the rule back, once", async () => {
    expect(await tables(`set_up_firewall; ${drop}; start_unit; start_unit`)).toEqual(expected);
  });

  test("the expected tables are not what there is without the rule", async () => {
    expect(await tables(`set_up_firewall; ${drop}`)).not.toEqual(expected);
  });
});
