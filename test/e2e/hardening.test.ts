// Every container that this project makes, against section 5 of the CIS Docker Benchmark (cli/hardening).
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { ContainerKind, EngineInfo, InspectedContainer } from "../../cli/hardening/container.ts";
import { kindOf } from "../../cli/hardening/container.ts";
import { exceptions } from "../../cli/hardening/exceptions.ts";
import { benchmark, type Finding, judge } from "../../cli/hardening/judge.ts";
import { ask, findPsql } from "../../cli/psql.ts";
import { alignColumns } from "../../cli/table.ts";
import { traefikImageTag } from "../../components/images.ts";
import { stackNames } from "../../components/names.ts";
import { refusedListener } from "../../components/routerPort.ts";
import { stringsOf } from "./support/clients.ts";
import { makeDockerShim } from "./support/dockerShim.ts";
import { inspect } from "./support/engine.ts";
import { outputOf } from "./support/shell.ts";
import { freePort, makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;
let engine: EngineInfo;
let shims: string;
let seen: () => InspectedContainer[];

beforeAll(async () => {
  shims = mkdtempSync(join(tmpdir(), "pgtenants-shim-"));
  const shim = makeDockerShim(shims);
  seen = shim.seen;
  vi.stubEnv("PATH", shim.path);
  engine = JSON.parse(await outputOf("docker", ["info", "--format", "{{json .}}"]));
  const path = join(shims, "store");
  mkdirSync(path);
  chownSync(path, 999, 999);
  at = await makeTestStack(["acme", "globex"], { offsite: JSON.stringify({ type: "path", path }) });
  at.list("id: acme", "{ id: globex, pooler: {} }");
  await at.stack.up();
});
afterAll(async () => {
  await at?.remove();
  vi.unstubAllEnvs();
  rmSync(shims, { recursive: true });
});

/** The containers of the stack that there are, running or not. */
async function staying(): Promise<InspectedContainer[]> {
  const ids = await outputOf("docker", ["ps", "--all", "--quiet", "--filter", `label=dev.pgtenants.stack=${at.name}`]);
  return JSON.parse(await outputOf("docker", ["inspect", ...ids.split("\n")]));
}

/** The operator's psql, as it is where the machine has none. */
async function askByContainer(): Promise<void> {
  const { pgService, pgpass } = stringsOf(await at.connectionStrings(), "acme");
  const [service, pass] = [join(at.folder, "pg_service.conf"), join(at.folder, "pgpass")];
  writeFileSync(pass, pgpass, { mode: 0o600 });
  writeFileSync(service, `${pgService.trim()}\npassfile=${pass}\n`);
  expect(await ask(await findPsql(service, true), service, "acme")).toMatchObject({ kind: "answered" });
}

/** What comes before a router whose port was changed. */
async function tryAnotherListener(): Promise<void> {
  const [names, traefikImage, port] = [stackNames(at.name), traefikImageTag(), await freePort()];
  const question = { stack: at.name, names, traefikImage, listenAddress: "127.0.0.1", port, proxyProtocolFrom: [] };
  expect(await refusedListener(question)).toEqual([]);
}

const faults = (findings: readonly Finding[]) => findings.filter(({ excepted }) => excepted === undefined);
const kinds = (containers: readonly InspectedContainer[]) => [...new Set(containers.map(kindOf))].sort();

test("no container, of those that stay and those that go, has a finding that is no exception, and every exception is needed", async () => {
  await askByContainer();
  await tryAnotherListener();
  const containers = [...(await staying()), ...seen()];
  const findings = judge(containers, engine);
  console.log(table(containers, findings));

  expect(kinds(containers)).toEqual(["client", "copier", "pooler", "router", "tenant", "trial"]);
  expect(faults(findings)).toEqual([]);
  const needed = new Set(findings.map(({ id, kind }) => `${id} ${kind}`));
  expect(exceptions.filter(({ id, kind }) => !needed.has(`${id} ${kind}`))).toEqual([]);
});

const users: Partial<Record<ContainerKind, string>> = { router: "65532", pooler: "998" };

test("what inspect cannot say: processes run as ordinary users, without capabilities, and none is an ssh server", async () => {
  for (const container of await staying()) {
    const processes = (await outputOf("docker", ["top", container.Name, "-eo", "pid,uid,comm"])).split("\n").slice(1);
    const user = users[kindOf(container)] ?? "999";
    for (const [, uid, name = ""] of processes.map((line) => line.trim().split(/\s+/))) {
      expect(uid).toBe(user);
      expect(name).not.toMatch(/sshd|dropbear/);
    }
    const status = await outputOf("docker", ["exec", container.Name, "cat", "/proc/1/status"]);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  }
});

test("what copies backups elsewhere may only read them", async () => {
  const mounts = await inspect(`${at.router}_offsite`, "{{range .Mounts}}{{.Destination}} {{.RW}},{{end}}");
  const expected = ["/repositories/acme false", "/repositories/globex false", "/store true", "/var/lib/offsite true"];
  expect(
    mounts
      .split(",")
      .filter((mount) => mount !== "")
      .sort(),
  ).toEqual(expected);
});

function volumesOf(kind: ContainerKind, name: string): string[] {
  if (kind === "router") return [at.routerFiles];
  if (kind === "pooler") return [name];
  return [name, `${name}_backups`, ...(name === at.container("globex") ? [`${name}_pooler`] : [])];
}

test("each other mounts nothing but its own volumes", async () => {
  for (const container of (await staying()).filter((one) => kindOf(one) !== "copier")) {
    const name = container.Name.slice(1);
    const own = volumesOf(kindOf(container), name);
    const mounted = own.map((volume) => ({
      Type: "volume",
      Source: expect.stringContaining(`/${volume}/`),
    }));
    expect(container.Mounts).toHaveLength(own.length);
    expect(container.Mounts).toMatchObject(
      expect.arrayContaining(mounted.map((mount) => expect.objectContaining(mount))),
    );
  }
});

test("a tenant that was stopped and started, or whose container was replaced, is as hard as before", async () => {
  at.list("{ id: acme, maxConnections: 60 }", "{ id: globex, pooler: {}, state: stopped }");
  await at.stack.up();
  at.list("{ id: acme, maxConnections: 60 }", "{ id: globex, pooler: {} }");
  await at.stack.up();
  const containers = await staying();
  expect(containers.filter((container) => kindOf(container) === "tenant")).toHaveLength(2);
  expect(faults(judge(containers, engine))).toEqual([]);
  // Twice as many processes as connections, 8 for the operator, 48 for the server itself and its backups.
  expect(await inspect(at.container("acme"), "{{.HostConfig.PidsLimit}}")).toBe(String(2 * 60 + 8 + 48));
});

test("the limit of processes outlives the engine's own restart of a container, in the kernel as well", async () => {
  for (const name of [at.container("globex"), `${at.container("globex")}_pooler`, at.router]) {
    const limit = await inspect(name, "{{.HostConfig.PidsLimit}}");
    expect(Number(limit)).toBeGreaterThan(0);
    await outputOf("docker", ["restart", name]);
    expect(await inspect(name, "{{.HostConfig.PidsLimit}}")).toBe(limit);
    const file = "cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max";
    expect(await outputOf("docker", ["exec", name, "sh", "-c", file])).toBe(limit);
  }
});

/** One line for each item: for each kind of container whether it is as asked, an exception, or a fault. */
function table(containers: readonly InspectedContainer[], findings: readonly Finding[]): string {
  const columns = kinds(containers);
  const rows = benchmark.map((item) => [
    item.id,
    item.title,
    ...columns.map((kind) => ("check" in item ? verdict(item.id, kind, findings) : "not judged")),
  ]);
  return alignColumns([["ITEM", "A CONTAINER …", ...columns], ...rows]).join("\n");
}

function verdict(id: string, kind: ContainerKind, findings: readonly Finding[]): string {
  const own = findings.filter((finding) => finding.id === id && finding.kind === kind);
  if (own.length === 0) return "pass";
  return faults(own).length === 0 ? "exception" : "FAIL";
}
