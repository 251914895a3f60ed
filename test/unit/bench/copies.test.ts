import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { composeFile, type Inspected, runArguments } from "../../../bench/support/bare.ts";
import { versionIn } from "../../../bench/support/machine.ts";
import { haproxyConfig, type PeerSpec, pgbouncerConfig, pgbouncerUsers } from "../../../bench/support/peerConfig.ts";

const model: Inspected = {
  Config: {
    Image: "localhost/pgtenants/postgres:18",
    User: "999:999",
    Hostname: "acme",
    Cmd: ["postgres", "-c", "cluster_name=acme"],
  },
  HostConfig: {
    Memory: 268435456,
    MemorySwap: 268435456,
    CpuShares: 256,
    PidsLimit: 128,
    ShmSize: 1073741824,
    IpcMode: "private",
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges:true"],
    Dns: ["127.0.0.1"],
    Tmpfs: { "/tmp": "rw,noexec,size=64m" },
    Ulimits: [{ Name: "nofile", Soft: 4096, Hard: 4096 }],
    LogConfig: { Type: "json-file", Config: { "max-file": "3", "max-size": "10m" } },
    RestartPolicy: { Name: "unless-stopped" },
  },
  NetworkSettings: { Networks: { "pgtenants-bench": {} } },
};
const own = { name: "pgtenants-bench.bare", address: "198.19.3.254", stack: "bench" };

const peer: PeerSpec = {
  port: 20001,
  host: "acme.db.example.com",
  address: "198.18.7.7",
  user: "acme",
  database: "acme",
  clients: 64,
};

describe("a copy of a tenant's container", () => {
  test("by docker run", async () => {
    await expect(`${runArguments(model, own).join("\n")}\n`).toMatchFileSnapshot("../../golden/bench/docker-run.txt");
  });

  test("by compose", async () => {
    await expect(composeFile(model, own)).toMatchFileSnapshot("../../golden/bench/compose.yml");
  });

  test("by compose has every limit that the one by docker run has", () => {
    const { tenant } = parse(composeFile(model, own)).services;
    const given = runArguments(model, own);
    expect(given).toContain(`--memory=${tenant.mem_limit}`);
    expect(given).toContain(`--memory-swap=${tenant.memswap_limit}`);
    expect(given).toContain(`--cpu-shares=${tenant.cpu_shares}`);
    expect(given).toContain(`--pids-limit=${tenant.pids_limit}`);
    expect(given).toContain(`--shm-size=${tenant.shm_size}`);
  });
});

describe("the peers' configuration", () => {
  test.each([
    ["haproxy.cfg", haproxyConfig(peer)],
    ["pgbouncer.ini", pgbouncerConfig(peer)],
  ])("%s", async (file, text) => {
    await expect(text).toMatchFileSnapshot(`../../golden/bench/${file}`);
  });

  test("PgBouncer's users are quoted", () => {
    expect(pgbouncerUsers("acme", 'a"b')).toBe('"acme" "a""b"\n');
  });
});

test.each([
  ["postgres (PostgreSQL) 18.6 (Debian 18.6-1)", "18.6"],
  ["HAProxy version 3.2.26-1 2026/10/14 - https://haproxy.org/", "3.2.26"],
  ["v3.259.0", "3.259.0"],
  ["unknown\nsecond line", "unknown"],
])("the version in %j is %s", (said, version) => {
  expect(versionIn(said)).toBe(version);
});
