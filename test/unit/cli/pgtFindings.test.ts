import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { whyNotAsked } from "../../../cli/askTenants.ts";
import { judgeCertificate } from "../../../cli/pgt/certificate.ts";
import { renderFindings, worstOf } from "../../../cli/pgt/commands/doctor.ts";
import { judgeGuard } from "../../../cli/pgt/doctor/diskGuard.ts";
import { judgeNames } from "../../../cli/pgt/doctor/dns.ts";
import { type EngineDescription, judgeEngine } from "../../../cli/pgt/doctor/engine.ts";
import { judgeDisk } from "../../../cli/pgt/doctor/host.ts";
import { judgeKernel } from "../../../cli/pgt/doctor/kernel.ts";
import { judgeHandshake } from "../../../cli/pgt/doctor/router.ts";
import { judgeRoutes } from "../../../cli/pgt/doctor/routes.ts";
import { error, type Finding, ok, warning } from "../../../cli/pgt/finding.ts";
import type { Handshake } from "../../../cli/pgt/handshake.ts";
import { renderDynamicConfig } from "../../../components/dynamicConfig.ts";
import { routesOf } from "../../../components/tenantOutputs.ts";
import { parseTenants } from "../../../tenants/load.ts";
import { selfSigned } from "../../support/certificates.ts";

const level = (finding: Finding) => finding.level;

describe("the certificate", () => {
  let certificate: X509Certificate;
  beforeAll(async () => {
    certificate = new X509Certificate((await selfSigned(["*.db.example.com"])).chain);
  });
  const shaken = (over: Partial<Handshake> = {}): Handshake => ({
    certificate,
    distrust: undefined,
    alpn: "postgresql",
    ...over,
  });
  const daysBefore = (days: number) => new Date(certificate.validToDate.getTime() - days * 24 * 60 * 60 * 1000);
  const judge = (handshake: Handshake, domain: string, days: number) =>
    judgeCertificate(handshake, domain, daysBefore(days));

  test.each([
    [20.5, "ok"],
    [19.5, "warning"],
    [0.5, "warning"],
    [-1, "error"],
  ] as const)("%d days before its end is %s", (days, expected) => {
    expect(level(judge(shaken(), "db.example.com", days))).toBe(expected);
  });

  test("must cover every tenant, and be trusted", () => {
    expect(judge(shaken(), "other.example.com", 90)).toMatchObject({
      level: "error",
      found: expect.stringContaining("not for *.other.example.com"),
    });
    expect(judge(shaken({ distrust: "self-signed" }), "db.example.com", 90)).toMatchObject({
      level: "error",
      found: "clients do not trust it: self-signed",
    });
  });

  test("no handshake is an error, nobody to ask is none", () => {
    expect(judgeHandshake({ problem: "refused" }, "db.example.com", daysBefore(90))).toEqual([
      error("certificate", "refused", "pgt logs router"),
    ]);
    expect(judgeHandshake(undefined, "db.example.com", daysBefore(90)).map(level)).toEqual(["ok"]);
  });

  test.each([
    ["postgresql", "ok"],
    ["h2", "error"],
    [undefined, "error"],
  ])("ALPN %s is %s", (alpn, expected) => {
    expect(judgeHandshake(shaken({ alpn }), "db.example.com", daysBefore(90)).map(level)).toEqual(["ok", expected]);
  });
});

test.each([
  ["lives and has just looked", ["tier=ok", "next_look_seconds=60", "age_seconds=3", "alive=yes"], undefined],
  ["is at a long look", ["tier=ok", "next_look_seconds=60", "age_seconds=600", "alive=yes"], undefined],
  ["has not looked yet", ["alive=yes"], ["warning", "it has not looked yet"]],
  ["hangs", ["next_look_seconds=60", "age_seconds=661", "alive=yes"], ["error", "its last look was 661 s ago"]],
  ["was killed", ["next_look_seconds=60", "age_seconds=3", "alive=no"], ["error", "it was killed"]],
])("a disk guard that %s", (_, lines, expected) => {
  const finding = judgeGuard("pgtenants-dev.acme", lines.join("\n"));
  expect(finding === undefined ? undefined : [finding.level, finding.found]).toEqual(
    expected && [expected[0], expect.stringContaining(`pgtenants-dev.acme: ${expected[1]}`)],
  );
});

describe("the engine", () => {
  const sound: EngineDescription = {
    ServerVersion: "27.3.1",
    CgroupVersion: "2",
    ...{ MemoryLimit: true, SwapLimit: true, PidsLimit: true, CPUShares: true },
    DockerRootDir: "/var/lib/docker",
    ContainersRunning: 12,
    SecurityOptions: [],
    Swarm: { LocalNodeState: "inactive" },
  };

  test.each([
    [{}, ["ok", "ok"]],
    [{ ServerVersion: "20.10.24+dfsg1" }, ["ok", "ok"]],
    [{ ServerVersion: "20.9.0" }, ["error", "ok"]],
    [{ ServerVersion: "19.03.15" }, ["error", "ok"]],
    [{ MemoryLimit: false }, ["ok", "error"]],
    [{ PidsLimit: false }, ["ok", "error"]],
    [{ SwapLimit: false }, ["ok", "warning"]],
  ])("with %j", (over, expected) => {
    expect(judgeEngine({ ...sound, ...over }).map(level)).toEqual(expected);
  });

  const usual: Readonly<Record<string, number>> = {
    "kernel.pid_max": 32_768,
    "net.ipv4.neigh.default.gc_thresh3": 1024,
    "fs.inotify.max_user_instances": 128,
  };
  test.each([
    ["2", 12, {}, "ok", "room for some 128 (fs.inotify.max_user_instances is 128)"],
    ["2", 103, {}, "warning", "103 containers run, room for some 128"],
    ["1", 103, {}, "ok", "room for some 1024 (net.ipv4.neigh.default.gc_thresh3 is 1024)"],
    ["1", 900, {}, "warning", "net.ipv4.neigh.default.gc_thresh3"],
    ["1", 900, { "net.ipv4.neigh.default.gc_thresh3": 16_384 }, "ok", "room for some 1638 (kernel.pid_max is 32768)"],
  ])(
    "with cgroup v%s, %d containers and %j: the kernel's settings are %s",
    (version, running, over, expected, said) => {
      const settings: Readonly<Record<string, number>> = { ...usual, ...over };
      const finding = judgeKernel(
        { ...sound, CgroupVersion: version, ContainersRunning: running },
        (name) => settings[name],
      );
      expect(finding).toMatchObject({ level: expected, found: expect.stringContaining(said) });
    },
  );

  test("on another machine the kernel's settings are not looked at", () => {
    expect(judgeKernel(sound, () => undefined).found).toContain("not looked at");
  });
});

test.each([
  [100_000, 1_000_000, "warning"],
  [200_000, 1_000_000, "ok"],
  [1023, 1_000_000, "error"],
  [60, 1000, "warning"],
  [49, 1000, "error"],
])("%d of %d MiB free is %s", (free, size, expected) => {
  expect(judgeDisk("/var/lib/docker", free, size).level).toBe(expected);
});

test("room on the disk is told to the GiB where there is plenty", () => {
  expect(judgeDisk("/srv", 39_780, 258_019).found).toBe("39 GB of 252 GB free in /srv");
  expect(judgeDisk("/srv", 9000, 20_480).found).toBe("9000 MB of 20 GB free in /srv");
});

test.each([
  [[["192.0.2.1"], ["192.0.2.1", "2001:db8::1"]], "ok", "2 host names lead to this machine"],
  [[["192.0.2.1"], []], "error", "no address for globex.db"],
  [[["192.0.2.1"], ["203.0.113.9"]], "warning", "globex.db lead to 203.0.113.9"],
])("names at %j are %s", ([acme = [], globex = []], expected, found) => {
  const names = [
    { host: "acme.db", addresses: acme },
    { host: "globex.db", addresses: globex },
  ];
  expect(judgeNames(names, ["127.0.0.1", "192.0.2.1"], "db")).toMatchObject({
    level: expected,
    found: expect.stringContaining(found),
  });
});

describe("the routes", () => {
  const placed = (list: string) =>
    parseTenants(`tenants:\n${list}`, "tenants.yaml").map((tenant, slot) => ({
      ...tenant,
      address: `198.18.0.${slot + 2}`,
    }));
  const written = (list: string) =>
    renderDynamicConfig(routesOf(placed(list), "db.example.com"), "/certificates/one.pem");
  const both = "  - id: acme\n  - id: globex\n";

  test.each([
    [both, "ok", "2 routes"],
    ["  - id: acme\n  - { id: globex, access: { enabled: false } }\n", "error", ": globex"],
    ["  - id: acme\n  - { id: globex, tls: passthrough }\n", "error", ": globex"],
    ["  - { id: acme, access: { allow: [192.0.2.0/24] } }\n  - id: globex\n", "error", ": acme"],
    ["  - { id: acme, state: stopped }\n  - { id: globex, state: stopped }\n", "error", ": acme, globex"],
  ])("of a router that has acme and globex, for the list %j", (list, expected, found) => {
    expect(judgeRoutes(written(both), placed(list), "db.example.com")).toMatchObject({
      level: expected,
      found: expect.stringContaining(found),
    });
  });

  test("networks that were changed behind our back are told", () => {
    const list = "  - { id: acme, access: { allow: [192.0.2.0/24] } }\n";
    const opened = written(list).replace("192.0.2.0/24", "0.0.0.0/0");
    expect(judgeRoutes(opened, placed(list), "db.example.com")).toMatchObject({
      level: "error",
      found: expect.stringContaining("networks"),
    });
  });
});

test.each([
  [{ state: "stopped", access: { enabled: true, allow: [] } }, { kind: "stopped" }],
  [{ state: "running", access: { enabled: false, allow: [] } }, { kind: "closed" }],
  [{ state: "running", access: { enabled: true, allow: ["203.0.113.0/24", "2001:db8::/32"] } }, { kind: "restricted" }],
  [{ state: "running", access: { enabled: true, allow: ["203.0.113.0/24", "127.0.0.0/8"] } }, undefined],
  [{ state: "running", access: { enabled: true, allow: ["fe80::/10"] } }, undefined],
  [{ state: "running", access: { enabled: true, allow: [] } }, undefined],
] as const)("whether %j is asked from here", ({ state, access }, expected) => {
  const tenant = { state, access: { ...access, allow: [...access.allow] } };
  expect(whyNotAsked(tenant, ["127.0.0.1", "fe80::1"])).toEqual(expected);
});

describe("what the doctor says", () => {
  const [fine, worry, fault] = [
    ok("engine", "Docker 27"),
    warning("disk", "full soon", "make room"),
    error("port", "taken", "stop it"),
  ];

  test.each([
    [[fine], 0],
    [[fine, worry], 1],
    [[worry, fault, fine], 2],
  ])("case %#", (findings, code) => {
    expect(worstOf(findings)).toBe(code);
  });

  test("a line each, and how to mend it below", () => {
    expect(renderFindings([fine, fault], (_, text) => text)).toBe(
      "ok       engine  Docker 27\nerror    port    taken\n                 fix: stop it\n",
    );
  });
});
