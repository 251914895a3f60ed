import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type EngineInfo, type HostConfig, type InspectedContainer, kindOf } from "../../../cli/hardening/container.ts";
import { exceptions } from "../../../cli/hardening/exceptions.ts";
import { benchmark, judge } from "../../../cli/hardening/judge.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const labels = { "dev.pgtenants.project": "pgtenants", "dev.pgtenants.stack": "dev" };
const engine: EngineInfo = { SecurityOptions: ["name=seccomp,profile=default"], Swarm: { LocalNodeState: "inactive" } };
const confined: EngineInfo = { ...engine, SecurityOptions: ["name=apparmor", "name=selinux", "name=seccomp"] };

const host: HostConfig = {
  AutoRemove: false,
  Privileged: false,
  ReadonlyRootfs: true,
  CapAdd: null,
  CapDrop: ["ALL"],
  SecurityOpt: ["no-new-privileges:true"],
  NetworkMode: "pgtenants-dev",
  PidMode: "",
  IpcMode: "private",
  UTSMode: "",
  UsernsMode: "",
  CgroupParent: "",
  PublishAllPorts: false,
  PortBindings: {},
  RestartPolicy: { Name: "on-failure", MaximumRetryCount: 5 },
  Devices: null,
  DeviceRequests: null,
  DeviceCgroupRules: null,
  Ulimits: [{ Name: "nofile" }],
  Memory: 2 ** 28,
  MemorySwap: 2 ** 28,
  CpuShares: 256,
  NanoCpus: 0,
  PidsLimit: 100,
};

/** A tenant's container that has nothing against it. */
const perfect: InspectedContainer = {
  Name: "/pgtenants-dev.acme",
  AppArmorProfile: "docker-default",
  ProcessLabel: "system_u:system_r:container_t:s0:c1,c2",
  Config: {
    Image: "localhost/pgtenants/postgres:18.6-0123456789ab",
    Labels: { ...labels, "dev.pgtenants.tenant": "acme" },
    ExposedPorts: { "5432/tcp": {} },
    Healthcheck: { Test: ["CMD", "pg_isready"] },
  },
  HostConfig: host,
  Mounts: [
    { Type: "volume", Source: "/var/lib/docker/volumes/a/_data", Destination: "/var/lib/postgresql", Propagation: "" },
  ],
  NetworkSettings: { Networks: { "pgtenants-dev": {} } },
};

const bind = (Source: string, Propagation = "rprivate") => ({
  ...perfect,
  Mounts: [{ Type: "bind", Source, Destination: "/mounted", Propagation }],
});
const asked = (change: Partial<HostConfig>) => ({ ...perfect, HostConfig: { ...host, ...change } });
const configured = (change: Partial<InspectedContainer["Config"]>) => ({
  ...perfect,
  Config: { ...perfect.Config, ...change },
});
const published = (HostIp: string, HostPort: string) =>
  asked({ PortBindings: { "5432/tcp": [{ HostIp, HostPort }], "9/udp": null } });

const found = (container: InspectedContainer, of: EngineInfo = engine) =>
  judge([container], of).map(({ id, found: what }) => `${id} ${what}`);

describe("the benchmark", () => {
  test("has all 32 items of section 5, each once and in order, with a check or a reason", () => {
    expect(benchmark.map(({ id }) => id)).toEqual(Array.from({ length: 32 }, (_, index) => `5.${index + 1}`));
    expect(benchmark.filter((item) => "notJudged" in item).map(({ id }) => id)).toEqual(["5.7", "5.23", "5.24"]);
  });

  test("finds nothing in a container that is as it should be, whatever the engine has", () => {
    expect(found(perfect)).toEqual([]);
    expect(found(perfect, confined)).toEqual([]);
  });
});

describe("each item", () => {
  test.each([
    ["5.4", asked({ CapAdd: ["SYS_ADMIN"] }), "SYS_ADMIN is added"],
    ["5.4", asked({ CapDrop: ["NET_RAW"] }), "CapDrop has no ALL"],
    ["5.5", asked({ Privileged: true }), "Privileged is true"],
    ["5.6", bind("/"), "/"],
    ["5.6", bind("/etc/ssl"), "/etc/ssl"],
    ["5.10", asked({ NetworkMode: "host" }), "NetworkMode is host"],
    ["5.11", asked({ Memory: 0, MemorySwap: 0 }), "no memory limit"],
    ["5.11", asked({ MemorySwap: -1 }), "Memory is 268435456, MemorySwap is -1"],
    ["5.12", asked({ CpuShares: 0 }), "CpuShares is 0"],
    ["5.13", asked({ ReadonlyRootfs: false }), "ReadonlyRootfs is false"],
    ["5.15", asked({ RestartPolicy: { Name: "always", MaximumRetryCount: 0 } }), "restart policy is always"],
    ["5.15", asked({ RestartPolicy: { Name: "on-failure", MaximumRetryCount: 0 } }), "restart policy is on-failure"],
    ["5.16", asked({ PidMode: "host" }), "PidMode is host"],
    ["5.17", asked({ IpcMode: "host" }), 'IpcMode is "host"'],
    ["5.17", asked({ IpcMode: "shareable" }), 'IpcMode is "shareable"'],
    ["5.18", asked({ Devices: [{ PathOnHost: "/dev/kvm" }] }), '{"PathOnHost":"/dev/kvm"}'],
    ["5.19", asked({ Ulimits: [{ Name: "nproc" }] }), "no nofile in Ulimits"],
    ["5.20", bind("/data", "rshared"), "/mounted"],
    ["5.21", asked({ UTSMode: "host" }), "UTSMode is host"],
    ["5.22", asked({ SecurityOpt: ["no-new-privileges", "seccomp=unconfined"] }), "seccomp is unconfined"],
    ["5.25", asked({ CgroupParent: "/other" }), "CgroupParent is /other"],
    ["5.26", asked({ SecurityOpt: ["no-new-privileges:false"] }), "SecurityOpt has no no-new-privileges"],
    ["5.27", configured({ Healthcheck: { Test: ["NONE"] } }), "no health check"],
    ["5.28", configured({ Image: "localhost:5000/postgres" }), "the image is localhost:5000/postgres"],
    ["5.28", configured({ Image: "postgres:latest" }), "the image is postgres:latest"],
    ["5.29", asked({ PidsLimit: null }), "no pids limit"],
    ["5.30", { ...perfect, NetworkSettings: { Networks: { bridge: {} } } }, "bridge"],
    ["5.31", asked({ UsernsMode: "host" }), "UsernsMode is host"],
    ["5.32", bind("/var/data/docker.sock"), "/var/data/docker.sock"],
  ])("%s alone is found", (id, container, what) => {
    expect(found(container)).toEqual([`${id} ${what}`]);
  });

  test.each([
    ["127.0.0.1", "15432", ["5.9"]],
    ["127.0.0.1", "543", ["5.8", "5.9"]],
    ["", "15432", ["5.9", "5.14"]],
    ["::", "80", ["5.8", "5.9", "5.14"]],
  ])("a port published at %j:%s is one of %j", (ip, port, ids) => {
    expect(judge([published(ip, port)], engine).map(({ id }) => id)).toEqual(ids);
  });

  test("what only an engine can have is judged by the engine", () => {
    const bare = { ...perfect, AppArmorProfile: "unconfined", ProcessLabel: "" };
    expect(found(bare)).toEqual([]);
    expect(found(bare, confined)).toEqual(['5.2 AppArmorProfile is "unconfined"', "5.3 ProcessLabel is empty"]);
    expect(found(perfect, { ...engine, SecurityOptions: null })).toEqual(["5.22 the engine has no seccomp"]);
    expect(found(perfect, { ...engine, Swarm: { LocalNodeState: "active" } })).toEqual(["5.1 the swarm is active"]);
  });
});

describe("exceptions", () => {
  const router = { ...perfect, Config: { ...perfect.Config, Labels: labels } };
  const shared = asked({ NetworkMode: "host" });

  test("are for one kind of container: the router may be in the host's network, a tenant may not", () => {
    const inHost = { ...router, HostConfig: shared.HostConfig };
    expect(judge([inHost, shared], engine).map(({ kind, excepted }) => [kind, excepted !== undefined])).toEqual([
      ["router", true],
      ["tenant", false],
    ]);
  });

  test("a kind is told by labels, by its name, and by whether the container goes with its command", () => {
    const gone = { ...router, HostConfig: { ...host, AutoRemove: true } };
    const unlabelled = { ...gone, Config: { ...gone.Config, Labels: { "dev.pgtenants.project": "pgtenants" } } };
    const copier = { ...router, Name: "/pgtenants-dev_offsite" };
    const pooler = { ...router, Config: { ...router.Config, Labels: { ...labels, "dev.pgtenants.pooler": "acme" } } };
    const kinds = [perfect, router, copier, pooler, gone, unlabelled].map(kindOf);
    expect(kinds).toEqual(["tenant", "router", "copier", "pooler", "trial", "client"]);
  });

  test("are of items that are judged, once for each kind, and docs/hardening.md has each with its reason", () => {
    const judged = new Set(benchmark.flatMap((item) => ("check" in item ? [item.id] : [])));
    expect(exceptions.filter(({ id }) => !judged.has(id))).toEqual([]);
    expect(new Set(exceptions.map(({ id, kind }) => `${id} ${kind}`)).size).toBe(exceptions.length);
    const docs = readFileSync(join(root, "docs/hardening.md"), "utf8");
    for (const { id, kind, reason } of exceptions) expect(docs).toContain(`| ${id} | ${kind} | ${reason} |`);
    for (const item of benchmark)
      if ("notJudged" in item) expect(docs).toContain(`| ${item.id} | ${item.title} | ${item.notJudged} |`);
  });
});

test("nothing calls docker exec as root, or privileged", () => {
  const files = ["cli", "components", "toolchain/setup"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(root, folder, name)),
  );
  const sources = files.filter((file) => /\.(ts|sh)$/.test(file)).map((file) => readFileSync(file, "utf8"));
  const calls = sources.flatMap((text) => text.match(/docker exec .*|"exec",[^;]*/g) ?? []);
  expect(calls.length).toBeGreaterThan(2);
  const asOther = calls.filter((call) => /--privileged|--user|\s-u\b|"-u/.test(call));
  // Who writes the router's files, and what an operator is told to take out of them: the numbers of user and group are held by the golden file
  // of the router's resources, and by driftRouter.test.ts.
  expect(asOther.sort()).toEqual([
    expect.stringMatching(/^"exec", "--user", owner, container, "rm", /),
    // After the container: s6-svc's own word for up.
    expect.stringMatching(/^"exec", container, "s6-svc", "-u", /),
    expect.stringMatching(/^docker exec --interactive --user \$\{writer\} "\$CONTAINER" /),
  ]);
});
