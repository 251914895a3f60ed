import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tenantHost } from "../../components/names.ts";
import { freeSubnet, inspect, removeByStack } from "../../test/e2e/support/engine.ts";
import { makeTestStack, type TestStack } from "../../test/e2e/support/testStack.ts";
import type { Door } from "./answer.ts";
import type { Target } from "./pgbench.ts";

/** A stack of the bench's own, without tenants, with room for a thousand of them. Nothing is deployed. */
export async function makeBenchStack(): Promise<TestStack> {
  const at = await makeTestStack([], { subnet: await freeSubnet(22) }, "bench");
  made.add(at);
  return at;
}

/** The stacks that are not discarded yet. */
const made = new Set<TestStack>();

/** For a run that is cut: removes what is there now. */
export async function discardAll(): Promise<void> {
  for (const at of made) await discard(at);
}

/** Removes everything of a stack from the engine at once; its data is worth nothing, so nothing is stopped in time. */
export function discard(at: TestStack): Promise<void> {
  // A run that is cut asks for it here and there at the same time.
  const going = leaving.get(at) ?? removeStack(at);
  leaving.set(at, going);
  return going;
}

const leaving = new Map<TestStack, Promise<void>>();

async function removeStack(at: TestStack): Promise<void> {
  try {
    await removeByStack(at.name);
  } finally {
    rmSync(at.folder, { recursive: true, force: true });
    made.delete(at);
  }
}

/** A tenant of a stack, with what it takes to talk to it. */
export interface Tenant {
  readonly id: string;
  readonly host: string;
  readonly address: string;
  readonly user: string;
  readonly database: string;
  readonly password: string;
  readonly container: string;
}

/** The tenants of a deployed stack. */
export async function tenantsOf(at: TestStack): Promise<Map<string, Tenant>> {
  const outputs = await at.stack.outputs();
  const listed: Record<string, { database: string; user: string; address: string }> = outputs["tenants"]?.value;
  const strings = await at.connectionStrings();
  return new Map(
    Object.entries(listed).map(([id, { database, user, address }]) => {
      const password = decodeURIComponent(new URL(strings[id]?.uri ?? "").password);
      return [
        id,
        { id, host: tenantHost(id, at.domain), address, user, database, password, container: at.container(id) },
      ];
    }),
  );
}

/** Where Traefik and its peers listen. */
export const loopback = "127.0.0.1";

/** A tenant's door through a router on the loopback; certificates are verified. */
export function routedDoor(
  at: TestStack,
  tenant: Pick<Tenant, "host" | "user" | "database" | "password">,
  port = at.port,
): Door {
  const { host, user, database, password } = tenant;
  return { host, address: loopback, port, user, database, password, caFile: at.caFile };
}

/** A target for pgbench: a tenant through a router on the loopback, certificates verified. */
export function routedTarget(at: TestStack, tenant: Tenant, port = at.port): Promise<Target> {
  const { host } = tenant;
  const settings = { host, hostaddr: loopback, port: String(port), sslmode: "verify-full", sslrootcert: at.caFile };
  return targetOf(at, tenant, settings);
}

/** A target for pgbench: a tenant with libpq's `settings` for the way to it. */
export async function targetOf(at: TestStack, tenant: Tenant, settings: Record<string, string>): Promise<Target> {
  const image = await inspect(tenant.container, "{{.Config.Image}}");
  const { user, database: dbname, password } = tenant;
  return { settings: { user, dbname, ...settings }, password, folder: at.folder, stack: at.name, image };
}

/** The stack's certificate and key in one PEM text. */
export function pemBundle(at: TestStack): string {
  return ["fullchain.pem", "privkey.pem"].map((file) => readFileSync(join(at.folder, file), "utf8")).join("\n");
}
