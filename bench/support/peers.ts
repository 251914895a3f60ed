import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, type TestStack } from "../../test/e2e/support/testStack.ts";
import { pemBundle, type Tenant } from "./benchStack.ts";
import { execute, outputOf } from "./execute.ts";
import { haproxyConfig, type PeerSpec, peerFolder, pgbouncerConfig, pgbouncerUsers } from "./peerConfig.ts";

/** The routers that Traefik is compared with, each on a port of its own. They go with the stack's other things. */
export interface Peers {
  readonly haproxy: number;
  readonly pgbouncer: number;
}

/** Starts HAProxy and PgBouncer before a tenant's server, in the host's network as Traefik is, and waits until they listen. */
export async function startPeers(at: TestStack, tenant: Tenant, image: string, clients: number): Promise<Peers> {
  const spec = { host: tenant.host, address: tenant.address, user: tenant.user, database: tenant.database, clients };
  const haproxy = { ...spec, port: await freePort() };
  const pgbouncer = { ...spec, port: await freePort() };
  await start(at, image, haproxy, { haproxy: haproxyConfig(haproxy) }, ["haproxy", "-f", `${peerFolder}/haproxy`]);
  const files = { pgbouncer: pgbouncerConfig(pgbouncer), users: pgbouncerUsers(tenant.user, tenant.password) };
  await start(at, image, pgbouncer, files, ["pgbouncer", `${peerFolder}/pgbouncer`]);
  return { haproxy: haproxy.port, pgbouncer: pgbouncer.port };
}

/** Neither may run as root; root's files can be given to somebody else, and only root's have to be. */
const nobody = 65_534;

async function start(at: TestStack, image: string, spec: PeerSpec, files: Record<string, string>, command: string[]) {
  const name = `${at.router}-${command[0]}`;
  const own = process.getuid?.() ?? nobody;
  const uid = own === 0 ? nobody : own;
  const folder = join(at.folder, `peer-${command[0]}`);
  mkdirSync(folder, { mode: 0o700 });
  for (const [file, text] of Object.entries({ ...files, "bundle.pem": pemBundle(at) })) {
    writeFileSync(join(folder, file), text, { mode: 0o600 });
    if (own === 0) chownSync(join(folder, file), uid, uid);
  }
  if (own === 0) chownSync(folder, uid, uid);
  chmodSync(at.folder, 0o711);
  await outputOf("docker", [
    ...["run", "--detach", "--name", name, "--label", `dev.pgtenants.stack=${at.name}`, "--network=host"],
    ...[
      `--user=${uid}:${uid}`,
      "--cap-drop=ALL",
      "--security-opt=no-new-privileges:true",
      "--ulimit=nofile=16384:16384",
    ],
    ...["--volume", `${folder}:${peerFolder}:ro`, image, ...command],
  ]);
  await untilListening(spec.port, name);
}

async function untilListening(port: number, container: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await listens(port))) {
    if (performance.now() > deadline) {
      const { stdout, stderr } = await execute("docker", ["logs", "--tail", "20", container]);
      throw new Error(`${container} does not listen on port ${port}:\n${stdout}${stderr}`);
    }
    await sleep(100);
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
