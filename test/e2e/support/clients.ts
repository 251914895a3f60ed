import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import pg from "pg";
import type { ConnectionStrings } from "../../../components/connectionStrings.ts";
import { inspect } from "./engine.ts";
import { type Finished, run } from "./shell.ts";
import type { TestStack } from "./testStack.ts";

/** Where a client comes from. */
export interface Origin {
  /** Its address, one of 127.0.0.0/8 or ::1, and with it the address family that it uses; 127.0.0.1 by default. */
  readonly address?: string;
  /** What it sends before anything else, for instance a PROXY protocol header. */
  readonly header?: Buffer;
}

/** DNS does not know the test's host names; the host name stays what is verified and sent as server name. */
class LoopbackSocket extends Socket {
  readonly origin: Origin;

  constructor(origin: Origin) {
    super();
    this.origin = origin;
  }

  override connect(...args: unknown[]): this {
    const { address = "127.0.0.1", header } = this.origin;
    if (header !== undefined) this.once("connect", () => this.write(header));
    const host = address.includes(":") ? "::1" : "127.0.0.1";
    return super.connect({ port: Number(args[0]), host, localAddress: address });
  }
}

/** Opens a socket to this machine. */
export function connectFrom(origin: Origin, port: number): Socket {
  return new LoopbackSocket(origin).connect(port);
}

/** A connected node-postgres client. `extra` is added to the URI's parameters, for instance `sslnegotiation=direct`. */
export async function nodeClient(uri: string, extra = "", origin: Origin = {}): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: extra === "" ? uri : `${uri}&${extra}`,
    stream: () => new LoopbackSocket(origin),
    connectionTimeoutMillis: 10_000,
  });
  await client.connect();
  return client;
}

/**
 * Runs PostgreSQL 18's psql, from the tenants' image, in the host's network, with the tenant's own service and password file. `settings`
 * are added to the service, and override it. Gives what psql ended with.
 */
export async function psql(
  at: TestStack,
  strings: ConnectionStrings,
  sql: string,
  settings: Record<string, string> = {},
): Promise<Finished> {
  const folder = mkdtempSync(join(at.folder, "psql-"));
  try {
    const [section = "", ...lines] = strings.pgService.trim().split("\n");
    const given = new Map(
      lines.map((line): [string, string] => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    for (const [name, value] of Object.entries(settings)) given.set(name, value);
    const service = `${section}\n${[...given].map(([name, value]) => `${name}=${value}\n`).join("")}`;
    writeFileSync(join(folder, "service"), service);
    writeFileSync(join(folder, "pass"), strings.pgpass.replace(/^[^:]*:[^:]*:[^:]*:[^:]*:/, "*:*:*:*:"));
    chmodSync(join(folder, "pass"), 0o600);
    const image = await inspect(at.container("acme"), "{{.Config.Image}}");
    return await run("docker", [
      ...["run", "--rm", "--network", "host", "--user", `${process.getuid?.()}:${process.getgid?.()}`],
      ...["--volume", `${at.folder}:${at.folder}:ro`, "--entrypoint", "psql"],
      ...[
        "--env",
        `PGSERVICEFILE=${folder}/service`,
        "--env",
        `PGPASSFILE=${folder}/pass`,
        "--env",
        "PGCONNECT_TIMEOUT=10",
        image,
      ],
      ...["--no-psqlrc", "--tuples-only", "--no-align", "--command", sql, `service=${section.slice(1, -1)}`],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A tenant's strings; an error where the stack does not hand out any. */
export function stringsOf(all: Record<string, ConnectionStrings>, id: string): ConnectionStrings {
  const strings = all[id];
  if (strings === undefined) throw new Error(`no connection strings for ${id}`);
  return strings;
}
