import type { WrittenPlace } from "../../../tenants/moveFields.ts";
import type { SharedTenant, TenantList } from "../../../tenants/sharedTenant.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { quoted } from "../../../tenants/text.ts";
import { OperatorError } from "../../operatorError.ts";
import type { MoveLook } from "./look.ts";

/** Where a tenant is to go: a server of its own, or an instance. */
export type Goal = { readonly kind: "dedicated" } | { readonly kind: "instance"; readonly instance: Tenant };

/**
 * What docs/move.md has measured, on the slower side: bytes a second that a copy makes, indexes and comparison included; seconds of a switch on a small
 * stack; and what each tenant more adds to that, as to every deployment (docs/benchmarks.md).
 */
const bytesPerSecond = 25 * 1024 * 1024;
const secondsBeside = 6;
const secondsPerTenant = 0.05;

/** How much more room a copy takes than what it is made of: indexes are built in temporary files, and its WAL is kept for a while. */
const roomFactor = 1.5;

const MIB = 1024 * 1024;

/** The instance, or the server of its own, that `--to` names. @throws OperatorError where there is none. */
export function goalOf(tenant: Tenant | SharedTenant, to: string, { servers }: TenantList): Goal {
  if (to === "dedicated") {
    if ("isolation" in tenant) return { kind: "dedicated" };
    throw refusal(tenant.id, "has a server of its own already", `pgt move ${tenant.id} --to <instance>`);
  }
  const instance = servers.find(({ id, instance }) => id === to && instance === true);
  if (instance === undefined) {
    const ids = servers.flatMap((server) => (server.instance === true ? [server.id] : []));
    throw new OperatorError(
      `got --to ${quoted(to)}, expected dedicated or an instance: ${ids.join(", ") || "there is none"}`,
      ids.length === 0 ? "add one under instances: docs/shared-instances.md" : `pgt move ${tenant.id} --to ${ids[0]}`,
    );
  }
  if (!("isolation" in tenant)) return { kind: "instance", instance };
  const there = tenant.instance === to;
  throw refusal(
    tenant.id,
    there ? `is on ${to} already` : `is on ${tenant.instance}, and there is no move from one instance to another`,
    there ? "nothing is to be done" : `pgt move ${tenant.id} --to dedicated, --accept, and then --to ${to}`,
  );
}

/** The new place as the file has it. Role and database keep their names, and the password is handed over: what clients have goes on working. */
export function placeFor({ database, owner: user }: Tenant | SharedTenant, goal: Goal): WrittenPlace {
  const names = { database, user, password: "custom" };
  return goal.kind === "dedicated"
    ? { isolation: "dedicated", ...names }
    : { isolation: "database", instance: goal.instance.id, ...names };
}

/** Why a tenant is not moved, by what the file says; each line with what to do about it. Empty where nothing speaks against it. Pure. */
export function whyNotByEntry(tenant: Tenant | SharedTenant, goal: Goal): readonly string[] {
  const { state, pooler } = tenant;
  return [
    ...(state === "running" ? [] : [`it is ${state}, expected a running tenant: pgt start ${tenant.id}`]),
    ...(pooler === undefined ? [] : ["it has a pooler, whose host would go: take pooler out of its entry before"]),
    ...("isolation" in tenant ? whyNotShared(tenant) : whyNotDedicated(tenant)),
    ...(goal.kind === "instance" ? whyNotOn(tenant, goal.instance) : []),
  ];
}

function whyNotShared({ id, isolation }: SharedTenant): readonly string[] {
  if (isolation === "database") return [];
  return [
    "it has a schema among others in one database, which could be closed as a whole only: " +
      `by hand, pgt disable-access ${id}, pgt dump ${id} --file ${id}.dump, pgt import <new id> --from ${id}.dump`,
  ];
}

/** What a tenant on an instance cannot have, by the values that hold: a plan may say them as well. */
function whyNotDedicated(tenant: Tenant): readonly string[] {
  const alone = "which only a server of its own can have";
  const found: readonly (readonly [boolean, string])[] = [
    [tenant.instance === true, "it is an instance, expected a tenant"],
    [tenant.declared !== undefined, `its entry declares databases, roles, extensions, schemas or settings, ${alone}`],
    [tenant.tls === "passthrough", `TLS passes through to it, ${alone}: take tls out`],
    [tenant.tier === "production", `tier is production, ${alone}: take tier out`],
    [tenant.readOnly, `it is read-only, ${alone}: take readOnly out, also of its plan`],
    [!tenant.allowDdl, `allowDdl is false, ${alone}: take it out, also of its plan`],
    [tenant.lockTimeoutMs > 0, `it has a lockTimeout, ${alone}: take it out, also of its plan`],
    [tenant.lifeSeconds !== undefined, "it is ephemeral, and goes by itself"],
  ];
  return found.flatMap(([holds, why]) => (holds ? [why] : []));
}

function whyNotOn({ maxConnections, owner, database }: Tenant | SharedTenant, instance: Tenant): readonly string[] {
  const { id, state } = instance;
  const own = [owner, database].find((name) => name.startsWith("pgtenants"));
  return [
    ...(state === "running" ? [] : [`${id} is ${state}, expected a running instance: pgt start ${id}`]),
    ...(maxConnections <= instance.maxConnections
      ? []
      : [
          `it may have ${maxConnections} connections, and ${id} has ${instance.maxConnections} for all of its tenants: lower maxConnections, or raise that of ${id}`,
        ]),
    ...(own === undefined ? [] : [`${quoted(own)} begins with "pgtenants", as what is ours on an instance: rename it`]),
  ];
}

/** Why not, by what is in its database. @param alone whether its server is its own: then nobody else's data is there. Pure. */
export function whyNotByLook(
  { ownSchema, settings, extensions, publications, subscriptions, databases, roles }: MoveLook,
  alone: boolean,
): readonly string[] {
  const list = (names: readonly string[]) => names.join(", ");
  return [
    ...(ownSchema ? ['it has a schema "pgtenants", as what closes it is called: rename that before'] : []),
    ...(settings.length === 0
      ? []
      : [
          `only a superuser can make its settings ${list(settings)} again: ALTER DATABASE or ALTER ROLE … RESET before`,
        ]),
    ...(extensions.length === 0
      ? []
      : [`only a superuser can make its extensions ${list(extensions)} again: drop them before`]),
    ...(publications + subscriptions === 0 ? [] : ["it has publications or subscriptions: drop them before"]),
    ...(databases.length === 0 || !alone
      ? []
      : [`it has further databases, ${list(databases)}: dump and drop them before`]),
    ...(roles.length === 0 || !alone ? [] : [`its server has further roles, ${list(roles)}: drop them before`]),
  ];
}

/** Whether a copy of so many bytes fits. @param used what the target's volume holds; 0 for one that is to be made. @param limit its disk. Pure. */
export function whyNoRoom(
  { bytes, freeMiB }: Pick<MoveLook, "bytes" | "freeMiB">,
  { usedMiB, limitMiB, name }: { readonly usedMiB: number; readonly limitMiB: number; readonly name: string },
): readonly string[] {
  const needed = Math.ceil((bytes * roomFactor) / MIB);
  return [
    ...(usedMiB + needed <= limitMiB
      ? []
      : [
          `its data takes up to ${needed} MB while it is copied, and ${name} has ${Math.max(0, limitMiB - usedMiB)} MB left of ${limitMiB}: raise disk there, or its plan`,
        ]),
    ...(needed <= freeMiB
      ? []
      : [
          `its data takes up to ${needed} MB while it is copied, and the file system has ${freeMiB} MB left: make room`,
        ]),
  ];
}

/** About how many seconds a tenant will be read-only. @param servers how many the stack has. */
export function estimatedSeconds(bytes: number, servers: number): number {
  return Math.ceil(secondsBeside + servers * secondsPerTenant + bytes / bytesPerSecond);
}

/** What is asked before anything changes. @param window as estimated, in seconds. */
export function question(
  { id, database, owner }: Tenant | SharedTenant,
  goal: Goal,
  bytes: number,
  window: number,
): string {
  const where = goal.kind === "dedicated" ? "a server of its own" : `the instance ${goal.instance.id}`;
  const shown =
    goal.kind === "dedicated"
      ? ""
      : ` Its neighbours there can read the names ${owner === database ? quoted(owner) : `${quoted(owner)} and ${quoted(database)}`}.`;
  return (
    `Move ${id} to ${where}? It is read-only for about ${window} s, for ${(bytes / MIB).toFixed(1)} MB; its sessions end at the switch. ` +
    `Host, role, database and password stay; the password is kept in the stack's settings from then on.${shown}`
  );
}

/** The tables and sequences that are not the same on both sides; empty where all are. Pure. */
export function differences(source: string, target: string): readonly string[] {
  const linesOf = (text: string) => new Set(text.split("\n").filter((line) => line !== ""));
  const [here, there] = [linesOf(source), linesOf(target)];
  const only = (lines: ReadonlySet<string>, others: ReadonlySet<string>, side: string) =>
    [...lines].filter((line) => !others.has(line)).map((line) => `${side} ${line}`);
  return [...only(here, there, "old"), ...only(there, here, "new")];
}

function refusal(id: string, why: string, fix: string): OperatorError {
  return new OperatorError(`${id} ${why}; nothing was changed`, fix);
}

/** @throws OperatorError with every reason, where there is one. */
export function refuseMove(id: string, reasons: readonly string[]): void {
  if (reasons.length === 0) return;
  throw new OperatorError(`${id} is not moved, and nothing was changed: ${reasons.join("; ")}`, "docs/move.md");
}
