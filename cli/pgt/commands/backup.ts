import { OperatorError } from "../../operatorError.ts";
import { alignColumns } from "../../table.ts";
import { type Backups, parseBackups } from "../backups.ts";
import type { Context } from "../context.ts";
import { renderLastDrill } from "../drillReport.ts";
import { dockerAtOnce } from "../engine.ts";
import { renderLastSwap } from "../inPlace.ts";
import { serverNamed } from "../tenants.ts";
import { runInTerminal } from "../terminal.ts";

/** What the container may take to say what there is, in milliseconds: it reads the repository's index. */
const lookLimit = 30_000;

/** Makes a backup now. @returns 0 when it is there; pgBackRest's exit code, or 75 while another one is being made. */
export async function backup(context: Context, id: string, type: "full" | "incr"): Promise<number> {
  const container = runningContainer(context, id);
  const code = await runInTerminal(
    "docker",
    ["exec", container, "/usr/local/lib/pgtenants/backup.sh", type],
    process.env,
  );
  if (code === 0) {
    const { backups } = await readBackups(container);
    const label = backups.at(-1)?.label ?? "none";
    context.report({ event: "note", message: `${id}: backup ${label} is there` });
  }
  return code;
}

/** The backups of a tenant, and the range that can be brought back. @returns 0 when all is well, 1 where a backup, a drill or the archiving fails. */
export async function backups(context: Context, id: string): Promise<number> {
  const found = await readBackups(runningContainer(context, id));
  context.answer(renderBackups(id, found), { id, ...found });
  const { archiving, failure, damaged, drill } = found;
  return archiving.failing || failure !== undefined || damaged !== undefined || drill?.verdict === "bad" ? 1 : 0;
}

/** What a running tenant says of its backups. @throws OperatorError when the container does not answer. */
export async function readBackups(container: string): Promise<Backups> {
  return parseBackups(await dockerAtOnce(lookLimit, "exec", container, "/usr/local/lib/pgtenants/backups.sh"));
}

export function renderBackups(
  id: string,
  { enabled, backups, from, lastArchived, archiving, failure, drill, inPlace, damaged }: Backups,
): string {
  const header = ["BACKUP", "TYPE", "ENDED", "SECONDS", "CLUSTER", "REPOSITORY"];
  const rows = backups.map(({ label, type, started, ended, clusterBytes, repositoryBytes }) => [
    label,
    type,
    ended.toISOString(),
    String((ended.getTime() - started.getTime()) / 1000),
    formatBytes(clusterBytes),
    repositoryBytes === undefined ? "-" : formatBytes(repositoryBytes),
  ]);
  const range =
    from === undefined || lastArchived === undefined
      ? `${id}: nothing can be brought back yet`
      : `${id}: any second from ${from.toISOString()} to ${lastArchived.toISOString()} can be brought back`;
  return `${[
    ...(rows.length > 0 ? alignColumns([header, ...rows]) : []),
    ...(rows.length > 0 ? [""] : []),
    range,
    ...(enabled ? [] : [`${id}: backups are off; what happens now cannot be brought back`]),
    ...(archiving.failing ? [`${id}: WAL is not archived: ${archiving.waiting} segments wait`] : []),
    ...(failure === undefined
      ? []
      : [`${id}: the last backup (${failure.type}) failed at ${failure.at.toISOString()}: ${failure.said}`]),
    ...(damaged === undefined
      ? []
      : [
          `${id}: the server's files have damaged pages, and so has backup ${damaged.label}; the container's log names the files`,
        ]),
    ...renderLastDrill(id, drill),
    ...renderLastSwap(id, inPlace),
  ].join("\n")}\n`;
}

function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** The name of a tenant's container. @throws OperatorError where the file does not say that it runs. */
export function runningContainer({ config }: Context, id: string): string {
  const { state } = serverNamed(config, id);
  if (state !== "running") {
    throw new OperatorError(`${id} is ${state}, expected a running tenant`, `pgt start ${id}, then again`);
  }
  return config.names.tenant(id);
}
