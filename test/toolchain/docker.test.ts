import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { importImage } from "./dockerImage.ts";
import { operations, type Project, plain, withProject } from "./harness.ts";

vi.setConfig({ testTimeout: 180_000 });

const name = `pgtenants-toolchain-test-${process.pid}`;
/** Away from the default of pgtenants, 198.18.0.0/16, and inside the range that is for tests. */
const subnet = "198.19.250.0/24";

beforeAll(() => {
  docker("info"); // Without an engine there is nothing to test against, and that is a failure.
  importImage(name);
});

afterAll(() => {
  // What a test that failed half-way may have left.
  for (const id of lines("ps", "-aq", "--filter", `label=${name}`)) docker("rm", "-f", id);
  for (const kind of ["network", "volume"]) {
    for (const id of lines(kind, "ls", "-q", "--filter", `label=${name}`)) docker(kind, "rm", id);
  }
  docker("image", "rm", name);
});

function docker(...args: string[]): string {
  return execFileSync("docker", args, { encoding: "utf8" });
}

function lines(...args: string[]): string[] {
  return docker(...args)
    .split("\n")
    .filter((line) => line !== "");
}

function inspect<T>(kind: string): T {
  return (JSON.parse(docker(kind, "inspect", name)) as [T])[0];
}

interface Container {
  readonly Id: string;
  readonly Config: Record<string, unknown>;
  readonly HostConfig: Record<string, unknown>;
  readonly NetworkSettings: {
    readonly Networks: Record<string, { readonly IPAddress: string; readonly Aliases: string[] }>;
  };
  readonly Mounts: readonly Record<string, unknown>[];
  readonly State: { readonly Running: boolean };
}

function write(project: Project, { colour = "red", memory = 64 } = {}): void {
  project.program(`import * as docker from "@pulumi/docker";
const name = "${name}";
const labels = [{ label: name, value: "yes" }];
const network = new docker.Network("network", {
  name, labels, internal: true, ipamConfigs: [{ subnet: "${subnet}" }],
  options: { "com.docker.network.bridge.enable_icc": "false", "com.docker.network.bridge.name": "pgt-test0" },
});
const volume = new docker.Volume("volume", { name, labels });
const container = new docker.Container("container", {
  name, labels, image: name, command: ["/wait"], hostname: "waiter", user: "999:999", restart: "unless-stopped",
  networksAdvanced: [{ name: network.name, ipv4Address: "198.19.250.10", aliases: ["alias"] }],
  hosts: [{ host: "other", ip: "198.19.250.11" }], dns: ["198.19.250.1"],
  envs: ["COLOUR=${colour}"],
  mounts: [{ type: "volume", source: volume.name, target: "/data" }],
  tmpfs: { "/run": "size=1m,mode=0700" }, readOnly: true, memory: ${memory}, memorySwap: ${memory}, shmSize: 8,
  capabilities: { drops: ["ALL"], adds: ["CAP_NET_BIND_SERVICE"] }, securityOpts: ["no-new-privileges"],
  sysctls: { "net.ipv4.ip_unprivileged_port_start": "0" }, ulimits: [{ name: "nofile", soft: 128, hard: 256 }],
  logDriver: "json-file", logOpts: { "max-size": "1m", "max-file": "2" },
  healthcheck: { tests: ["CMD", "/wait"], interval: "1h0m0s" }, destroyGraceSeconds: 1, stopSignal: "SIGKILL",
});
export const address = container.networkDatas.apply((all) => all[0]?.ipAddress);
export const id = container.id;
export const mountpoint = volume.mountpoint;
`);
}

test("network, volume and container come to be as written, change, and go", () =>
  withProject(async (project) => {
    const { stack } = project;
    write(project);
    const created = plain((await stack.up()).outputs);
    const before = inspect<Container>("container");
    expect(created).toMatchObject({ address: "198.19.250.10", id: before.Id });
    expect(inspect("network")).toMatchObject({
      Internal: true,
      IPAM: { Config: [{ Subnet: subnet }] },
      Options: { "com.docker.network.bridge.enable_icc": "false" },
      Labels: { [name]: "yes" },
    });
    expect(inspect("volume")).toMatchObject({ Labels: { [name]: "yes" }, Mountpoint: created["mountpoint"] });
    expect(before).toMatchObject({
      Config: {
        Hostname: "waiter",
        User: "999:999",
        Env: expect.arrayContaining(["COLOUR=red"]),
        Labels: { [name]: "yes" },
        Healthcheck: { Test: ["CMD", "/wait"], Interval: 3.6e12 },
        StopSignal: "SIGKILL",
      },
      HostConfig: {
        CapAdd: ["CAP_NET_BIND_SERVICE"],
        CapDrop: ["ALL"],
        Dns: ["198.19.250.1"],
        ExtraHosts: ["other:198.19.250.11"],
        LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "2" } },
        Memory: 64 * 1024 * 1024,
        MemorySwap: 64 * 1024 * 1024,
        ReadonlyRootfs: true,
        RestartPolicy: { Name: "unless-stopped" },
        SecurityOpt: ["no-new-privileges"],
        ShmSize: 8 * 1024 * 1024,
        Sysctls: { "net.ipv4.ip_unprivileged_port_start": "0" },
        Tmpfs: { "/run": "size=1m,mode=0700" },
        Ulimits: [{ Name: "nofile", Soft: 128, Hard: 256 }],
      },
      Mounts: [{ Type: "volume", Name: name, Destination: "/data", RW: true }],
      NetworkSettings: {
        Networks: { [name]: { IPAddress: "198.19.250.10", Aliases: expect.arrayContaining(["alias"]) } },
      },
      State: { Running: true },
    });
    expect((await stack.preview({ refresh: true, expectNoChanges: true })).changeSummary).toEqual({ same: 4 });

    write(project, { memory: 96 });
    expect((await stack.up()).summary.resourceChanges).toEqual({ same: 3, update: 1 });
    const updated = inspect<Container>("container");
    expect([updated.Id, updated.HostConfig["Memory"]]).toEqual([before.Id, 96 * 1024 * 1024]);

    write(project, { memory: 96, colour: "blue" });
    const events: Parameters<typeof operations>[0][number][] = [];
    await stack.up({ onEvent: (event) => events.push(event) });
    const replaced = inspect<Container>("container");
    expect(replaced.Id).not.toBe(before.Id);
    expect(replaced.Config["Env"]).toContain("COLOUR=blue");
    // The name is taken until the old one is gone: deleted first, then created.
    expect(operations(events)).toContain("container: replace");

    await stack.destroy();
    for (const kind of ["container", "network", "volume"]) {
      expect(lines(kind, "ls", "-q", ...(kind === "container" ? ["-a"] : []), "--filter", `label=${name}`)).toEqual([]);
    }
  }));

test("what somebody removed by hand is made again", () =>
  withProject(async (project) => {
    write(project);
    await project.stack.up();
    docker("rm", "-f", name);
    expect((await project.stack.preview({ refresh: true })).changeSummary).toEqual({ same: 3, create: 1 });
    await project.stack.up({ refresh: true });
    expect(inspect<Container>("container").State.Running).toBe(true);
  }));

test("the engine's refusal is the error, and the next run repairs", () =>
  withProject(async (project) => {
    const program = (driver: string) =>
      project.program(`import * as docker from "@pulumi/docker";
export const driver = new docker.Volume("volume", { name: "${name}", driver: "${driver}", labels: [{ label: "${name}", value: "yes" }] }).driver;
`);
    program("no-such-driver");
    await expect(project.stack.up()).rejects.toThrow(/no-such-driver/);
    program("local");
    expect(plain((await project.stack.up()).outputs)).toEqual({ driver: "local" });
  }));
