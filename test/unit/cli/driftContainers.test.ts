import { describe, expect, test } from "vitest";
import { compareContainers, type SeenContainer } from "../../../cli/pgt/drift/compareContainers.ts";
import { optionsInState } from "../../../cli/pgt/drift/containerOptions.ts";
import { containerInputs, deployedContainer, inspectedContainer, seenContainer } from "../../support/drift.ts";

const mebibytes = (amount: number) => amount * 1024 * 1024;
const compare = (...seen: readonly SeenContainer[]) => compareContainers([deployedContainer], seen, ["pgtenants-dev"]);
const found = (...seen: readonly SeenContainer[]) =>
  compare(...seen).map(({ subject, kind, found }) => [subject, kind, found]);
const other = "2".repeat(64);
const elsewhere = (...names: readonly string[]) =>
  inspectedContainer({ networks: Object.fromEntries(names.map((name) => [name, {}])) });

describe("a container", () => {
  test("that is as it was deployed is no drift, whatever else the engine says of it", () => {
    expect(compare(seenContainer())).toEqual([]);
  });

  test.each([
    ["exited", "container-stopped", "pgt start"],
    ["created", "container-stopped", "pgt start"],
    ["paused", "container-paused", "docker unpause pgtenants-dev.acme"],
    ["restarting", "container-failing", "docker logs pgtenants-dev.acme"],
    ["dead", "container-failing", "docker logs pgtenants-dev.acme"],
  ])("that is %s", (status, kind, fix) => {
    expect(compare(seenContainer({ status }))).toEqual([
      { subject: "acme", kind, found: status, expected: "running", fix },
    ]);
  });

  test("that is gone, and one that is not", () => {
    expect(found()).toEqual([["acme", "container-missing", "none"]]);
  });

  test.each([
    [{ Memory: mebibytes(512), MemorySwap: mebibytes(256) }, "memory", "512 MB", "256 MB", "pulumi up --refresh"],
    [{ MemorySwap: -1 }, "swap", "no limit", "256 MB", "pulumi up --refresh"],
    [{ Memory: 0 }, "memory", "no limit", "256 MB", "pulumi up --refresh"],
    [{ Memory: mebibytes(256) + 4096 }, "memory", `${mebibytes(256) + 4096} bytes`, "256 MB", "pulumi up --refresh"],
    [{ CpuShares: 2 }, "cpu-shares", "2", "256", "pulumi up --refresh"],
    [{ PidsLimit: -1 }, "processes", "no limit", "136", "pulumi up --replace '**::acme-sql'"],
    [{ PidsLimit: null }, "processes", "no limit", "136", "pulumi up --replace '**::acme-sql'"],
    [
      { RestartPolicy: { Name: "no", MaximumRetryCount: 0 } },
      "restart-policy",
      "no",
      "unless-stopped",
      "pulumi up --refresh",
    ],
    [
      { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 5 } },
      "restart-policy",
      "on-failure:5",
      "unless-stopped",
      "pulumi up --refresh",
    ],
    [{ NanoCpus: 500_000_000 }, "other-limit", "CPU time 500000000", "none", expect.stringContaining("docker rm")],
    [{ CpusetCpus: "0" }, "other-limit", "CPU set 0", "none", expect.stringContaining("docker rm")],
  ])("with the limits %j", (host, kind, found, expected, fix) => {
    expect(compare(seenContainer({ options: inspectedContainer({ host }) }))).toEqual([
      { subject: "acme", kind, found, expected, fix },
    ]);
  });

  test("with a share of the processor that was taken away again, as docker update --cpu-quota=-1 does", () => {
    expect(compare(seenContainer({ options: inspectedContainer({ host: { CpuQuota: -1 } }) }))).toEqual([]);
  });

  test("on a further network, on another one, at another address", () => {
    const at = (networks: object) => compare(seenContainer({ options: inspectedContainer({ networks }) }));
    const own = { "pgtenants-dev": { IPAMConfig: { IPv4Address: "198.18.7.7" } } };
    expect(at({ ...own, office: { IPAMConfig: null } })).toMatchObject([
      { kind: "further-network", found: "office", fix: "docker network disconnect office pgtenants-dev.acme" },
    ]);
    expect(at({})).toMatchObject([
      {
        kind: "network-left",
        found: "not on pgtenants-dev",
        fix: "docker network connect --ip 198.18.7.7 pgtenants-dev pgtenants-dev.acme",
      },
    ]);
    expect(at({ "pgtenants-dev": { IPAMConfig: { IPv4Address: "198.18.7.8" } } })).toMatchObject([
      { kind: "network-left", found: "pgtenants-dev at 198.18.7.8", expected: "pgtenants-dev at 198.18.7.7" },
    ]);
  });

  test("of another name is told by its id, also where its own name was given to another", () => {
    expect(found(seenContainer({ name: "moved" }))).toEqual([["acme", "container-renamed", "moved"]]);
    const usurper = seenContainer({ id: other });
    expect(found(seenContainer({ name: "moved" }), usurper).map(([, kind]) => kind)).toEqual([
      "container-recreated",
      "container-renamed",
    ]);
  });

  test.each([
    [
      { host: { PortBindings: { "5432/tcp": [{ HostIp: "", HostPort: "6000" }] } } },
      "published ports 5432/tcp at *:6000, expected none",
    ],
    [{ host: { CapAdd: ["CAP_NET_ADMIN"], CapDrop: null } }, "capabilities +NET_ADMIN, expected -ALL"],
    [{ host: { Privileged: true } }, "privileges privileged, expected none"],
    [{ host: { ReadonlyRootfs: false } }, "root file system writable, expected read-only"],
    [{ host: { SecurityOpt: null } }, "security options none, expected no-new-privileges=true"],
    [{ host: { PidMode: "host" } }, "namespaces IPC private processes host, expected IPC private"],
    [{ config: { Image: "postgres:18" } }, "image postgres:18, expected localhost/pgtenants/postgres:18.6-abc"],
    [{ config: { Env: ["LANG=C.UTF-8", "PGPASSWORD=not-a-secret"] } }, "environment PGPASSWORD, expected none"],
    [{ config: { Entrypoint: ["sh"] } }, "entrypoint sh, expected none"],
    [{ config: { User: "0" } }, "user 0, expected 999:999"],
    [{ config: { Cmd: ["postgres"] } }, "command postgres, expected postgres --max_connections=88"],
    [{ host: { Memory: 0 } }, "memory no limit, expected 256 MB"],
    [{ networks: { bridge: {} } }, "networks bridge, expected pgtenants-dev"],
    [
      { mounts: [{ Type: "bind", Source: "/etc", Destination: "/host", RW: false }] },
      "mounts bind /etc at /host, read-only, expected volume",
    ],
  ])("made by hand with %j: told, as one finding", (differences, told) => {
    const [drift, ...rest] = compare(seenContainer({ id: other, options: inspectedContainer(differences) }));
    expect(rest).toEqual([]);
    expect(drift).toMatchObject({ subject: "acme", kind: "container-recreated", found: expect.stringContaining(told) });
    expect(drift?.found).toContain("made by hand at 2026-11-21T12:30:00Z");
  });

  test("made by hand just as it was: nothing but that is told", () => {
    expect(found(seenContainer({ id: other }))).toEqual([
      ["acme", "container-recreated", "made by hand at 2026-11-21T12:30:00Z"],
    ]);
  });
});

describe("other containers", () => {
  test.each([
    [
      "with the stack's labels, wherever they are",
      { labelled: true, options: elsewhere("pgtenants-dev") },
      "container-unknown",
    ],
    [
      "of somebody else's, on a network of the stack",
      { labelled: false, options: elsewhere("pgtenants-dev", "office") },
      "network-guest",
    ],
  ])("%s", (_, differences, kind) => {
    const stranger = seenContainer({ id: other, name: "stranger", ...differences });
    expect(compare(seenContainer(), stranger).map((drift) => drift.kind)).toEqual([kind]);
  });

  test("of somebody else's elsewhere are nobody's business here", () => {
    const stranger = seenContainer({ id: other, name: "stranger", labelled: false, options: elsewhere("office") });
    expect(compare(seenContainer(), stranger)).toEqual([]);
  });
});

test("a router's options are those of the host's network, with one address for nobody", () => {
  const { networksAdvanced: _, ...router } = { ...containerInputs, networkMode: "host" };
  expect(optionsInState(router, 512)).toMatchObject({ networks: { host: undefined }, limits: { processes: 512 } });
  expect(optionsInState(router, 512).made["namespaces"]).toEqual(["IPC private", "network host"]);
});
