// What is left to whoever has become superuser in a tenant's server, and so runs programs as the server does (case 46).
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startProbe } from "../faults/support/probe.ts";
import { runByServer } from "./support/attack.ts";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { inspect } from "./support/engine.ts";
import { address, gateway } from "./support/reach.ts";
import { outputOf, run } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex"]);
  await at.stack.up();
});
afterAll(() => at?.remove());

const asServer = (command: string) => runByServer(at.container("acme"), command);
const uri = async (id: string) => stringsOf(await at.connectionStrings(), id).nodePostgres;

describe("a superuser in a tenant's server finds", () => {
  test("no secret in the environment of any process", async () => {
    const passwords = await Promise.all(["acme", "globex"].map(async (id) => new URL(await uri(id)).password));
    const environment = await asServer("env; for file in /proc/[0-9]*/environ; do tr '\\0' '\\n' <\"$file\"; done");
    expect(environment).toContain("PGDATA=/var/lib/postgresql/18/docker");
    for (const password of passwords) expect(environment).not.toContain(password);
    expect(environment).not.toMatch(/SCRAM-SHA-256\$|PRIVATE KEY/);
    expect(environment).not.toMatch(/^\w*(PASS|SECRET|TOKEN|CREDENTIAL)\w*=/im);
  });

  test("nothing mounted but its own volumes, and no socket but its own server's", async () => {
    const mounts = await asServer('while read -r _ target _ options _; do echo "$target $options"; done </proc/mounts');
    const writable = [...mounts.matchAll(/^(\S+) rw(,|$)/gm)].map(([, target = ""]) => target);
    const kernels = /^\/(dev|proc|sys)(\/|$)/;
    expect(writable.filter((target) => !kernels.test(target)).sort()).toEqual([
      "/run/postgresql",
      "/tmp",
      "/var/lib/pgbackrest",
      "/var/lib/postgresql",
    ]);
    const sockets = await asServer("find / -xdev -type s 2>/dev/null; find /run /tmp /var/lib/postgresql -type s");
    expect([...sockets.matchAll(/^\/.*/gm)].map(String)).toEqual(["/run/postgresql/.s.PGSQL.5432"]);
    expect(await asServer("find /dev -type b")).toBe("exit code 0");
  });

  test("nothing of the system that it can write", async () => {
    const files = [
      ...[
        "/etc/passwd",
        "/etc/hosts",
        "/etc/resolv.conf",
        "/etc/pgtenants",
        "/usr/bin/env",
        "/usr/local/lib/pgtenants",
      ],
      ...["/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/sys/kernel", "/sys/fs/cgroup"],
    ];
    expect(await asServer(`for file in ${files.join(" ")}; do [ -w "$file" ] && echo "$file"; done; true`)).toBe(
      "exit code 0",
    );
    expect(await asServer(": >/usr/written")).toMatch(/Read-only file system/);
    expect(await asServer("printf '#!/bin/sh\\n' >/tmp/own && chmod 755 /tmp/own && /tmp/own")).toMatch(
      /Permission denied\nexit code 126$/,
    );
  });

  test("no capability, and no way to get one", async () => {
    expect(await asServer("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status")).toBe(
      [
        ...["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map((name) => `${name}:\t0000000000000000`),
        ...["NoNewPrivs:\t1", "Seccomp:\t2", "exit code 0"],
      ].join("\n"),
    );
  });

  test("that setuid programs give it nothing, which without no-new-privileges they would", async () => {
    // The effective user while the program waits for a password.
    const effective = "sleep 2 | su root -c true >/dev/null 2>&1 & sleep 1; grep ^Uid /proc/$!/status; wait";
    expect(await asServer(effective)).toMatch(/^Uid:\t999\t999\t999\t999$/m);
    const image = await inspect(at.container("acme"), "{{.Config.Image}}");
    const options = ["--rm", "--init", "--network", "none", "--label", `dev.pgtenants.stack=${at.name}`];
    const free = ["run", ...options, "--entrypoint", "sh", image, "-c", `exec 2>&1; ${effective}`];
    expect((await run("docker", free)).stdout).toMatch(/^Uid:\t999\t0\t0\t0$/m);
  });

  test.each([
    ["a mount", "mount -t tmpfs none /tmp"],
    ["a user namespace", "unshare --user --map-root-user true"],
    ["a device", "mknod /tmp/disk b 254 0"],
    ["another host name", "hostname another"],
    ["the kernel's log", "dmesg"],
    ["a raw socket", "perl -MSocket -e 'socket(my $s, AF_INET, SOCK_RAW, 1) or die $!'"],
    ["a packet socket", "perl -e 'socket(my $s, 17, 3, 768) or die $!'"],
    // SIOCADDRT
    [
      "another route",
      `perl -MSocket -e 'socket(my $s, AF_INET, SOCK_DGRAM, 0); my $r = "\\0" x 120; ioctl($s, 0x890B, $r) or die $!'`,
    ],
  ])("that %s is refused", async (_, command) => {
    const output = await asServer(command);
    expect(output).toMatch(/not permitted|permission denied|must be (root|superuser)/i);
    expect(output).not.toMatch(/exit code 0$/);
  });
});

describe("its network", () => {
  test("leads to its own bridge and to nothing else, so what lets nothing pass there closes it off as a whole", async () => {
    const routes = (await asServer("cat /proc/net/route")).split("\n").slice(1, -1);
    const ways = routes
      .map((row) => row.split("\t"))
      .map(([device, destination, via]) => ({ device, destination, via }));
    expect(new Set(ways.map(({ device }) => device)).size).toBe(1);
    // Some engines set a default route to the bridge, others none; the subnet is a route without a gateway.
    const bridge = littleEndian(await gateway(at.container("acme")));
    expect([...new Set(ways.map(({ via }) => via))].sort()).toEqual(
      ways.some(({ destination }) => destination === "00000000") ? ["00000000", bridge].sort() : ["00000000"],
    );
    expect(ways.some(({ destination, via }) => destination === "00000000" && via !== bridge)).toBe(false);
    expect(await asServer("grep -v ' lo$' /proc/net/ipv6_route; true")).toBe("exit code 0");
  });

  test("gives away no question for a name: Docker's resolver asks the container itself", async () => {
    const name = `${randomBytes(8).toString("hex")}.example.com`;
    const resolver = `perl -MIO::Socket::INET -e '
      my $socket = IO::Socket::INET->new(LocalAddr => "127.0.0.1:53", Proto => "udp") or die $!;
      alarm 10; $socket->recv(my $question, 512); print $question =~ s/[^a-z0-9]/./gr'`;
    const said = await asServer(`${resolver} & sleep 1; timeout 3 getent hosts ${name}; wait`);
    expect(said).toContain(name);
    expect(await inspect(at.container("acme"), "{{.HostConfig.Dns}}")).toBe("[127.0.0.1]");
  });

  test("leads dblink to no neighbour, and to nobody on this server without a password", async () => {
    const superuser = await outputOf("docker", ["exec", at.container("acme"), "psql", "-qAtc", "SELECT current_user"]);
    const connecting = async (to: string) => {
      const sql = `SET LOCAL statement_timeout = '3s'; CREATE EXTENSION dblink; SELECT dblink_connect('dbname=postgres ${to}')`;
      return (await run("docker", ["exec", at.container("acme"), "psql", "-qAtc", `BEGIN; ${sql}; ROLLBACK`])).stderr;
    };
    const globex = await address(at.container("globex"));
    expect(await connecting(`host=${globex} user=globex password=x`)).toMatch(/statement timeout/);
    expect(await connecting("host=127.0.0.1 user=acme")).toMatch(/no password supplied/);
    expect(await connecting(`host=127.0.0.1 user=${superuser} password=x`)).toMatch(/pg_hba.conf rejects connection/);
    expect(await connecting("host=/run/postgresql user=acme")).toMatch(
      /pg_hba.conf rejects|Peer authentication failed/,
    );
  });
});

/** An IPv4 address as /proc/net/route has it on the machines that this runs on. */
function littleEndian(ip: string): string {
  const bytes = ip.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return bytes.reverse().join("").toUpperCase();
}

/** Asked of the engine: nothing can be started in a container at its limit. */
async function processes(id: string): Promise<number> {
  return (await outputOf("docker", ["top", at.container(id), "-eo", "pid"])).split("\n").length - 1;
}

test("a fork bomb ends at the limit of processes; the neighbour does not notice, and the tenant recovers", async () => {
  const limit = Number(await inspect(at.container("acme"), "{{.HostConfig.PidsLimit}}"));
  // Without a limit this would be an attack on the machine that runs the tests.
  expect(limit).toBeGreaterThan(0);
  expect(limit).toBeLessThan(1000);
  const probe = await startProbe(await uri("globex"));
  try {
    const bomb = 'end=$((SECONDS + 10)); bomb() { while [ "$SECONDS" -lt "$end" ]; do bomb & bomb & done; }; bomb';
    await asServer(`setsid bash -c '${bomb}' >/dev/null 2>&1 </dev/null &`);
    await expect.poll(() => processes("acme"), { timeout: 10_000, interval: 100 }).toBeGreaterThan(0.9 * limit);
    for (let look = 0; look < 20; look++) expect(await processes("acme")).toBeLessThanOrEqual(limit);
  } finally {
    const { errors, connections } = await probe.stop();
    expect(errors).toEqual([]);
    expect(connections).toBeGreaterThan(0);
  }
  const session = await vi.waitFor(async () => nodeClient(await uri("acme")), { timeout: 90_000, interval: 1000 });
  expect((await session.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  await session.end();
});
