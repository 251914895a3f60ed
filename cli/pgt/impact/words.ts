import { ownerLabels } from "../../../components/names.ts";
import { poolerFolder } from "../../../components/pgbouncerIni.ts";
import { connectionsIn } from "../../../components/serverSettings.ts";
import { escaped } from "../../../tenants/text.ts";
import { formatMiB } from "../../../tenants/units.ts";
import type { PreviewStep } from "./preview.ts";

/** How the engine writes a value that only the deployment will know. */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const tenantLabel = ownerLabels("", "").at(-1)?.label;

/** Says how a value changes; undefined where it is not worth saying, because another one that goes with it says it. */
type Words = (before: unknown, after: unknown) => string | undefined;

const arrow = (what: string, show: (value: unknown) => string = plain): Words => {
  return (before, after) => `${what} ${show(before)} → ${show(after)}`;
};
const silent: Words = () => undefined;
const mebibytes = (value: unknown) => (Number.isInteger(Number(value)) ? formatMiB(Number(value)) : plain(value));

/** A deployment from before did not say it. */
const sinceThere = (what: string): Words => {
  const say = arrow(what);
  return (before, after) => (before === undefined ? undefined : say(before, after));
};

/** What to say of a container's properties; another one is called by its name. */
const containerWords: Readonly<Record<string, Words>> = {
  image: arrow("image"),
  command: commandWords,
  memory: arrow("memory", mebibytes),
  memorySwap: silent,
  cpuShares: arrow("CPU shares"),
  name: arrow("container"),
  // Has the name of the tenant, as the container has.
  hostname: silent,
  networksAdvanced: (before, after) => `address ${addressIn(before)} → ${addressIn(after)}`,
  mounts: (before, after) => {
    const [was, is] = [hasPool(before), hasPool(after)];
    return was === is ? "mounts" : `connection pool ${was ? "on → off" : "off → on"}`;
  },
  labels: (before, after) => (labelsIn(before) === labelsIn(after) ? undefined : "labels"),
};

/** The same for the environment of the step that makes role, database and settings what they should be. */
const sqlWords: Readonly<Record<string, Words>> = {
  DISK_MIB: arrow("disk", mebibytes),
  BACKUP: arrow("backups"),
  FULL: arrow("full backups"),
  INCREMENTAL: arrow("incremental backups"),
  TIME_ZONE: arrow("time zone of backups"),
  STATEMENT_TIMEOUT: sinceThere("statementTimeout"),
  IDLE_TIMEOUT: sinceThere("idleInTransactionTimeout"),
  LOCK_TIMEOUT: sinceThere("lockTimeout"),
  TEMP_FILE_LIMIT: sinceThere("tempFileLimit"),
  STATEMENTS_HASH: () => "the statements that set it up",
  REPAIR: (_, after) => (after === undefined ? undefined : "what was changed by hand is put right"),
  // Said thing by thing, see declaredWords.ts.
  DECLARED: silent,
  // Said as role, database and access, see fieldEffects.ts.
  LOOKED_AT: silent,
  PROCESSES: silent,
  CONTAINER: silent,
  READY_SECONDS: silent,
  STATEMENTS: silent,
};

/** The same for the step that makes the connection pool what it should be. */
const poolWords: Readonly<Record<string, Words>> = {
  // Said with what it does to open sessions, see poolMode.ts.
  MODE: silent,
  SIZE: arrow("pool size"),
  RESERVE: arrow("pool reserve"),
  MAX_CLIENTS: arrow("clients of the pool"),
  QUERY_WAIT: arrow("wait for the pool"),
  PROCESSES: silent,
  CONTAINER: silent,
  READY_SECONDS: silent,
};

/** What differs in a container, in words. */
export function containerChanges({ before, after, properties }: PreviewStep): string[] {
  if (before?.inputs === undefined || after?.inputs === undefined) return [];
  return inWords(containerWords, properties, before.inputs, after.inputs);
}

/** What differs in the environment of the step that makes role, database and settings, in words. Its standard input is secret. */
export function sqlChanges(step: PreviewStep): string[] {
  return environmentChanges(sqlWords, step);
}

/** The same of the step that makes a connection pool, but for the pool's mode. */
export function poolChanges(step: PreviewStep): string[] {
  return environmentChanges(poolWords, step);
}

function environmentChanges(words: Readonly<Record<string, Words>>, { before, after }: PreviewStep): string[] {
  const [old, young] = [recordIn(before?.inputs?.["environment"]), recordIn(after?.inputs?.["environment"])];
  const differing = Object.keys({ ...old, ...young }).filter((name) => old[name] !== young[name]);
  return before === undefined || after === undefined ? [] : inWords(words, differing, old, young);
}

function inWords(
  words: Readonly<Record<string, Words>>,
  names: readonly string[],
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  const told = names.map((name) => {
    const say = Object.hasOwn(words, name) ? words[name] : undefined;
    return say === undefined ? name : say(before[name], after[name]);
  });
  return told.filter((line) => line !== undefined);
}

/** Settings are arguments of the server: `--shared_buffers=16MB`. */
function commandWords(before: unknown, after: unknown): string | undefined {
  const [old, young] = [argumentsIn(before), argumentsIn(after)];
  const names = [...new Set([...old.keys(), ...young.keys()])].filter((name) => old.get(name) !== young.get(name));
  // Said by the name of the container.
  const told = names.filter((name) => name !== "cluster_name");
  return told.length === 0
    ? undefined
    : told.map((name) => settingWords(name, old.get(name), young.get(name))).join(", ");
}

/** By the field that it comes from, and that is to be changed. */
function settingWords(name: string, before: string | undefined, after: string | undefined): string {
  const show = name === "max_connections" ? (value: unknown) => String(connectionsIn(Number(value))) : plain;
  return `${fieldNames.get(name) ?? name} ${show(before)} → ${show(after)}`;
}

const fieldNames: ReadonlyMap<string, string> = new Map([
  ["max_connections", "maxConnections"],
  ["shared_buffers", "sharedBuffers"],
]);

function argumentsIn(value: unknown): ReadonlyMap<string, string> {
  const words = Array.isArray(value) ? value.map(String) : [];
  return new Map(words.map((word) => [word.replace(/^--|=.*$/gs, ""), word.replace(/^[^=]*=/s, "")]));
}

/** All labels but the one with the tenant's id, which the name says as well. */
function labelsIn(value: unknown): string {
  const labels = Array.isArray(value) ? value.map(recordIn) : [];
  return JSON.stringify(labels.filter(({ label }) => label !== tenantLabel));
}

/** Whether a server shares a volume with a connection pool. */
function hasPool(mounts: unknown): boolean {
  return Array.isArray(mounts) && mounts.some((mount) => recordIn(mount)["target"] === poolerFolder);
}

function addressIn(value: unknown): string {
  const [network] = Array.isArray(value) ? value : [];
  const { name, ipv4Address } = recordIn(network);
  return ipv4Address === undefined ? plain(name) : plain(ipv4Address);
}

function plain(value: unknown): string {
  if (value === undefined) return "none";
  if (value === unknownValue) return "known when it is made";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** How long a reason may be; a list of networks can be longer. */
const longestReason = 200;

/** A reason, safe to print and not too long: what comes out of files is escaped, our own arrows are not. */
export function printable(text: string, longest = longestReason): string {
  const short = text.length <= longest ? text : `${text.slice(0, longest)}... (${text.length} characters)`;
  return short.split("→").map(escaped).join("→");
}

/** A value as a record; empty for anything else. */
export function recordIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
