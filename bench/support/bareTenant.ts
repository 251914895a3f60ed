import { writeFileSync } from "node:fs";
import { join } from "node:path";
import ipaddr from "ipaddr.js";
import { renderEncoded } from "../../components/pgbackrestConfig.ts";
import { scramVerifier } from "../../components/scramVerifier.ts";
import { statements } from "../../components/statements.ts";
import { noLimits, renderTenantSpec } from "../../components/tenantSpec.ts";
import type { TestStack } from "../../test/e2e/support/testStack.ts";
import { type Door, firstAnswer } from "./answer.ts";
import { composeFile, type Inspected, type Own, runArguments } from "./bare.ts";
import { execute, outputOf, succeed } from "./execute.ts";

/** A tenant's container as it is on the engine. */
export async function describe(container: string): Promise<Inspected> {
  const [inspected]: Inspected[] = JSON.parse(await outputOf("docker", ["inspect", container]));
  if (inspected === undefined) throw new Error(`no container ${container}`);
  return inspected;
}

/** Seconds of one tenant made without Pulumi: until its first answer, and until the command had ended. */
export interface BareRun {
  readonly live: number;
  readonly ended: number;
}

/** What the commands are told to wait for a server. */
const readySeconds = "300";

/** No backups, and when they would be made: this container has no volume for them. */
const noBackups = ["no", "0 1 * * 0", "0 1 * * *", "UTC"];

/**
 * Makes one tenant's container like `model`, by `docker run` or by compose, and its role and database by the program's own step; asks it
 * directly, in clear, since there is no route; and removes it again.
 * @param compose the compose command, or undefined for `docker run`.
 */
export async function bareTenant(
  at: TestStack,
  model: Inspected,
  own: Own,
  compose: string | undefined,
): Promise<BareRun> {
  const login = { user: "bare", database: "bare", password: "bench-0123456789" };
  const door: Door = { ...login, host: own.name, address: own.address, port: 5432, caFile: undefined };
  const file = join(at.folder, "compose.yml");
  writeFileSync(file, composeFile(model, own));
  try {
    const begun = performance.now();
    if (compose === undefined) await succeed("docker", runArguments(model, own));
    else await succeed(compose, ["--project-name", own.name.replaceAll(".", "-"), "--file", file, "up", "--detach"]);
    const apply = ["exec", "--interactive", own.name, "/usr/local/lib/pgtenants/apply.sh", readySeconds, "10240"];
    await succeed("docker", [...apply, ...noBackups], { input: sql(login) });
    const ended = performance.now() - begun;
    const live = (await firstAnswer(door, 60)) - begun;
    return { live: live / 1000, ended: ended / 1000 };
  } finally {
    await execute("docker", ["rm", "--force", own.name]);
    await execute("docker", ["volume", "rm", own.name]);
  }
}

function sql({ user, database, password }: { user: string; database: string; password: string }): string {
  const spec = renderTenantSpec({
    owner: user,
    verifier: scramVerifier(user, password),
    database,
    connectionLimit: 40,
    access: { login: true, allow: [] },
    settings: {},
    limits: noLimits,
  });
  // The configuration of backups comes first, and is empty.
  return renderEncoded("") + spec + statements();
}

/** The compose command out of the peers' image, which has one wherever the engine has none. Undefined where it does not run here. */
export async function composeCommand(at: TestStack, peersImage: string): Promise<string | undefined> {
  const target = join(at.folder, "docker-compose");
  const container = await outputOf("docker", ["create", "--label", `dev.pgtenants.stack=${at.name}`, peersImage]);
  try {
    await outputOf("docker", ["cp", "--follow-link", `${container}:/usr/bin/docker-compose`, target]);
  } finally {
    await execute("docker", ["rm", container]);
  }
  const { code } = await execute(target, ["version"]).catch(() => ({ code: null }));
  return code === 0 ? target : undefined;
}

/** An address of the stack's bridge that no container has: the last free one, as tenants seldom come to it. */
export async function freeAddress(at: TestStack): Promise<string> {
  const format = "{{range .IPAM.Config}}{{.Subnet}}{{end}}{{range .Containers}} {{.IPv4Address}}{{end}}";
  const [subnet = "", ...taken] = (
    await outputOf("docker", ["network", "inspect", "--format", format, at.router])
  ).split(" ");
  const used = new Set(taken.map((address) => address.split("/")[0]));
  const [first, second, third = 0, fourth = 0] = ipaddr.IPv4.broadcastAddressFromCIDR(subnet).octets;
  for (let below = 1; below < 255; below += 1) {
    const address = `${first}.${second}.${third}.${fourth - below}`;
    if (!used.has(address)) return address;
  }
  throw new Error(`no free address at the end of ${subnet}`);
}
