import { postgresImageTag } from "../../../components/images.ts";
import { volumeOf } from "../../../components/transitions.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { formatMiB } from "../../../tenants/units.ts";
import { alignColumns } from "../../table.ts";
import { volumeShell } from "../../volumeShell.ts";
import type { Context } from "../context.ts";
import { dockerAtOnce, type StackVolume, tenantVolumes } from "../engine.ts";
import { heldVolumes } from "../heldVolumes.ts";
import { listedTenants } from "../tenants.ts";

/** Data that is kept without a tenant that runs on it or could be started. */
export interface RetiredVolume {
  /** What pgt purge and pgt start know it by. */
  readonly id: string;
  readonly volume: string;
  readonly inTheFile: boolean;
  readonly sizeMiB: number;
  /** When its server stopped, as its cluster says; undefined where there is no cluster. */
  readonly since: string | undefined;
}

/** Reading some gigabytes of directories takes its time on a cold disk. */
const readLimit = 120_000;

/** For each volume a line: its number, its size in MiB, and the time of the last word that its server wrote. */
const measure =
  'for volume in /volumes/*; do printf "%s %s " "$(basename "$volume")" "$(du -sm "$volume" | cut -f 1)"; ' +
  'stat -c %Y "$volume"/*/docker/global/pg_control 2>/dev/null || echo; done';

/** The volumes of removed tenants, with size and age. */
export async function listRetired(context: Context): Promise<void> {
  const { config, stack } = context;
  const held = heldVolumes(config.folder, stack);
  const volumes = tenantVolumes(stack).filter(({ name }) => !held.has(name));
  const kept = retiredVolumes(volumes, listedTenants(config), config.names);
  const printed = kept.length === 0 ? "" : await measured(kept, config.get("postgresImage") ?? postgresImageTag());
  const retired = withMeasures(kept, printed);
  context.answer(renderRetired(retired), { retired });
}

/** Those whose tenant is removed or not in the file at all. */
export function retiredVolumes(
  volumes: readonly StackVolume[],
  tenants: readonly Tenant[],
  names: Parameters<typeof volumeOf>[1],
): { readonly id: string; readonly volume: string; readonly inTheFile: boolean }[] {
  const holders = new Map(tenants.map((tenant) => [volumeOf(tenant, names), tenant]));
  return volumes.flatMap(({ name, tenant }) => {
    const holder = holders.get(name);
    if (holder !== undefined && holder.state !== "removed") return [];
    return [{ id: holder?.id ?? tenant, volume: name, inTheFile: holder !== undefined }];
  });
}

function measured(kept: readonly { readonly volume: string }[], image: string): Promise<string> {
  const mounts = kept.map(({ volume }, index) => `type=volume,source=${volume},target=/volumes/${index},readonly`);
  return dockerAtOnce(readLimit, ...volumeShell(image, mounts), "-c", measure);
}

/** Reads what {@link measure} prints. */
export function withMeasures(
  kept: readonly Omit<RetiredVolume, "sizeMiB" | "since">[],
  printed: string,
): RetiredVolume[] {
  const lines = new Map(printed.split("\n").map((line) => [line.split(" ")[0], line.split(" ")] as const));
  return kept.map((volume, index) => {
    const [, size, written = ""] = lines.get(String(index)) ?? [];
    const since = written === "" ? undefined : new Date(Number(written) * 1000).toISOString();
    return { ...volume, sizeMiB: Number(size ?? 0), since };
  });
}

export function renderRetired(retired: readonly RetiredVolume[]): string {
  if (retired.length === 0) return "No data of removed tenants is kept.\n";
  const rows = retired.map(({ id, volume, inTheFile, sizeMiB, since }) => [
    id,
    volume,
    formatMiB(sizeMiB),
    since?.slice(0, 10) ?? "-",
    `pgt ${inTheFile ? "start" : "create"} ${id}, or pgt purge ${id}`,
  ]);
  return `${alignColumns([["TENANT", "VOLUME", "SIZE", "STOPPED ON", "BACK, OR GONE FOR GOOD"], ...rows]).join("\n")}\n`;
}
