import { mapAtOnce } from "../../../components/atOnce.ts";
import { renderPgbackrestConfig, repositoryFolder } from "../../../components/pgbackrestConfig.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { docker, dockerReading } from "../../engine.ts";
import { messageOf, OperatorError } from "../../operatorError.ts";
import type { Backup } from "../backups.ts";
import type { Context } from "../context.ts";
import {
  type Check,
  type Counts,
  compareCounts,
  type Drill,
  drillCode,
  type Looked,
  parseCounts,
  parseLooked,
  recordOf,
  renderDrill,
  verdictOf,
} from "../drillReport.ts";
import { dockerAtOnce } from "../engine.ts";
import { lockFile } from "../fileLock.ts";
import { keyOf, repositoryKeys } from "../repositoryKeys.ts";
import { listedTenants, serverNamed } from "../tenants.ts";
import {
  type Interrupts,
  lastWords,
  makeThrowAwayVolume,
  removeThrownAway,
  runThrowAway,
  watchInterrupts,
} from "../throwAway.ts";
import { readBackups } from "./backup.ts";

export interface DrillOptions {
  /** Only tenants whose last drill is that old, such as 7d, or that had none; oldest first. */
  readonly due?: string;
  /** So many tenants at most. */
  readonly most?: string;
}

/** A count of a large table takes its time, in milliseconds. */
const countLimit = 24 * 60 * 60 * 1000;

/** What the names of a drill's container and volume end with. */
const ending = "_drill";

/**
 * Restores each tenant's newest backup, with WAL up to a moment of now, into a container and a volume that are thrown away after it, and looks
 * whether all of it came back: checksums of all pages, amcheck of all tables and indexes, rows of every table against the live server. One tenant
 * after the other, each with the memory and shares that it has itself. What became of it is kept in the tenant's volume.
 * @param ids none for all that run and have backups. @returns 0 when all is good, 1 when something could not be looked at, 2 when a restore is bad.
 */
export async function drill(context: Context, ids: readonly string[], options: DrillOptions): Promise<number> {
  const release = lockFile(`${context.config.tenantsFile}.drill`, "pgt drill");
  const interrupts = watchInterrupts();
  try {
    removeThrownAway(context.stack, ending);
    const tenants = await chosen(context, ids, options);
    if (tenants.length === 0 && !context.json) context.report({ event: "note", message: "no tenant is due" });
    const keys = tenants.length === 0 ? new Map<string, string>() : repositoryKeys(context);
    const drills: Drill[] = [];
    for (const tenant of tenants) {
      const done = await drillOne(context, tenant, keys, interrupts);
      drills.push(done);
      record(context, done);
      if (!context.json) context.answer(renderDrill(done), undefined);
    }
    if (context.json) context.answer("", { drills });
    return drillCode(drills);
  } finally {
    interrupts.stop();
    release();
  }
}

async function chosen(
  { config }: Context,
  ids: readonly string[],
  { due, most }: DrillOptions,
): Promise<readonly Tenant[]> {
  const listed = listedTenants(config);
  const asked = ids.map((id) => serverNamed(config, id));
  const stopped = asked.find(({ state }) => state !== "running");
  if (stopped !== undefined) {
    const { id, state } = stopped;
    throw new OperatorError(`${id} is ${state}: its rows cannot be compared`, `pgt start ${id}, then again`);
  }
  const limit = most === undefined ? Number.POSITIVE_INFINITY : parseMost(most);
  const before = due === undefined ? undefined : Date.now() - parseDue(due);
  const all = ids.length > 0 ? asked : listed.filter(({ state, backup }) => state === "running" && backup.enabled);
  const last = await mapAtOnce(all, async (tenant) => ({
    tenant,
    ...(await lastDrill(config.names.tenant(tenant.id))),
  }));
  const wanted = last.filter(({ backedUp }) => backedUp || ids.length > 0);
  if (before === undefined) return wanted.map(({ tenant }) => tenant).slice(0, limit);
  return wanted
    .filter(({ at }) => at <= before)
    .toSorted((one, other) => one.at - other.at)
    .map(({ tenant }) => tenant)
    .slice(0, limit);
}

/** When it was, in milliseconds: long ago where there was none, or the container does not say, which the drill will then tell. */
async function lastDrill(container: string): Promise<{ readonly at: number; readonly backedUp: boolean }> {
  try {
    const { drill, backups } = await readBackups(container);
    return { at: drill?.at.getTime() ?? 0, backedUp: backups.length > 0 };
  } catch (error) {
    if (error instanceof OperatorError) return { at: 0, backedUp: true };
    throw error;
  }
}

const units: ReadonlyMap<string, number> = new Map([
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
]);

/** Milliseconds. @throws OperatorError for what is no span of time. */
export function parseDue(text: string): number {
  const [, amount, unit = ""] = /^([0-9]{1,5})(d|h|min)$/.exec(text) ?? [];
  const size = units.get(unit);
  if (amount !== undefined && size !== undefined) return Number(amount) * size;
  throw new OperatorError(
    `--due: got "${text}", expected a span of days, hours or minutes`,
    "such as 7d, 12h or 30min",
  );
}

/** @throws OperatorError for what is no whole number from 1. */
export function parseMost(text: string): number {
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text);
  throw new OperatorError(`--most: got "${text}", expected a whole number from 1`, "such as 10");
}

async function drillOne(
  context: Context,
  tenant: Tenant,
  keys: ReadonlyMap<string, string>,
  interrupts: Interrupts,
): Promise<Drill> {
  const started = Date.now();
  const { id } = tenant;
  // With --json one document is all that is printed.
  const tell = (step: string) => {
    interrupts.refuse();
    if (!context.json) context.report({ event: "step", subject: id, step });
  };
  const finished = (done: Omit<Drill, "id" | "at" | "seconds" | "verdict">): Drill => {
    const [at, seconds] = [new Date(), (Date.now() - started) / 1000];
    return { id, at, seconds, verdict: verdictOf(done.checks), ...done };
  };
  let backup: Drill["backup"];
  try {
    const container = context.config.names.tenant(id);
    const { backups, damaged } = await readBackups(container);
    const newest = backups.at(-1);
    if (newest === undefined) throw new OperatorError("it has no backup yet", `pgt backup ${id} --full`);
    backup = { label: newest.label, ended: newest.ended };
    await inContainer(container, "room.sh", String(newest.clusterBytes));
    tell("counting the live rows");
    const before = await counts(container);
    tell("archiving what was written");
    const position = await inContainer(container, "drill-mark.sh");
    const reached = { position, at: new Date() };
    const after = await counts(container);
    tell(`restoring ${backup.label} and WAL to ${position}`);
    const looked = await restored(context, tenant, keyOf(keys, id), position, interrupts);
    return finished({
      backup,
      reached,
      bytes: looked.bytes,
      checks: [...damageIn(damaged), ...withRows(looked, before, after)],
    });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    // What was interrupted is no finding: Ctrl-C ends the commands in the container as well.
    interrupts.refuse();
    const check: Check = { check: "drill", level: "warning", found: `${error.message}: ${error.fix}`, seconds: 0 };
    return finished({ backup, reached: undefined, bytes: undefined, checks: [check] });
  }
}

/** A backup with damaged pages is not what is restored, and not well. */
function damageIn(damaged: Backup | undefined): Check[] {
  if (damaged === undefined) return [];
  const found = `the server's files have damaged pages, and so has the newest backup, ${damaged.label}; an older one was restored`;
  return [{ check: "backup", level: "error", found, seconds: 0 }];
}

/** The rows of the live server; a text says why they cannot be had, which is as bad as a backup that cannot. */
async function counts(container: string): Promise<Counts | string> {
  try {
    return parseCounts(await inContainer(container, "counts.sh"));
  } catch (error) {
    return messageOf(error);
  }
}

function withRows({ checks, counts }: Looked, before: Counts | string, after: Counts | string): readonly Check[] {
  const unread = [before, after].find((count) => typeof count === "string");
  if (unread !== undefined) {
    return [
      ...checks,
      { check: "rows", level: "error", found: `the live server cannot count them: ${unread}`, seconds: 0 },
    ];
  }
  if (
    typeof before === "string" ||
    typeof after === "string" ||
    !checks.some(({ check, level }) => check === "count" && level === "ok")
  )
    return checks;
  return [...checks, { check: "rows", ...compareCounts(before, counts, after), seconds: 0 }];
}

async function restored(
  { stack, config }: Context,
  tenant: Tenant,
  key: string,
  position: string,
  interrupts: Interrupts,
): Promise<Looked> {
  const container = config.names.tenant(tenant.id);
  const name = `${container}${ending}`;
  try {
    makeThrowAwayVolume(name, stack);
    const what = {
      name,
      stack,
      image: docker("inspect", "--format", "{{.Config.Image}}", container),
      tenant,
      script: "drill.sh",
      args: [`${tenant.sharedBuffersMiB}MB`, "lsn", position],
      mounts: [
        `type=volume,source=${name},target=/var/lib/postgresql`,
        `type=volume,source=${config.names.backups(tenant.origin)},target=${repositoryFolder},readonly`,
      ],
      input: renderPgbackrestConfig(tenant.backup, { key }),
    };
    const { code, stdout, stderr } = await runThrowAway(what, interrupts);
    if (code === 0) return parseLooked(stdout);
    const found = `the container ended with ${code}: ${lastWords(stderr)}`;
    const looked = parseLooked(stdout.slice(0, stdout.lastIndexOf("\n") + 1));
    return { ...looked, checks: [...looked.checks, { check: "drill", level: "error", found, seconds: 0 } as const] };
  } finally {
    removeThrownAway(stack, name);
  }
}

/** Where it cannot be kept the drill is not worth less. One that found no backup is none. */
function record({ config, report }: Context, done: Drill): void {
  if (done.backup === undefined) return;
  try {
    const args = ["exec", "--interactive", config.names.tenant(done.id), "/usr/local/lib/pgtenants/drill-record.sh"];
    dockerReading(JSON.stringify(recordOf(done)), args);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    report({ event: "warning", message: `${done.id}: the drill could not be kept: ${error.message}` });
  }
}

function inContainer(container: string, script: string, ...args: readonly string[]): Promise<string> {
  return dockerAtOnce(countLimit, "exec", container, `/usr/local/lib/pgtenants/${script}`, ...args);
}
