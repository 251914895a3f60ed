import type { Bench } from "../bench.ts";
import type { Action, Deployment } from "../results.ts";
import { type Deployed, deploy, settle, stateBytes } from "../support/deploy.ts";
import { idle, type Tower } from "./climb.ts";

/** A bulk load, in tenants. */
export const bulk = 100;

/** Makes `to` tenants of `from`. Full hundreds are made at once and, where `record` says so, written down. */
export async function grow(bench: Bench, { at }: Tower, from: number, to: number, record: boolean): Promise<void> {
  for (let have = from; have < to; ) {
    const next = Math.min(to, have + bulk);
    at.list(...idle(next));
    const deployed = await deploy(at, "up");
    if (record && next - have === bulk) note(bench, "100 more", have, deployed, stateBytes(at));
    have = next;
  }
}

/** Previews and deployments of a stack of `existing` tenants, which it has again afterwards. */
export async function deployments(bench: Bench, { at }: Tower, existing: number): Promise<void> {
  const { runs } = bench.scope.deployments;
  const measure = async (action: Action, what: "up" | "preview", entries: readonly string[]) => {
    at.list(...entries);
    note(bench, action, existing, await deploy(at, what), stateBytes(at));
  };
  // A first one after other sections have been here: it may have something to do.
  await settle(at, idle(existing));
  for (let run = 0; run < Math.max(runs.preview, runs.up); run += 1) {
    if (run < runs.preview) await measure("preview", "preview", idle(existing));
    if (run < runs.up) await measure("up", "up", idle(existing));
  }
  for (let run = 0; run < Math.max(runs["one more"], runs["one less"]); run += 1) {
    await measure("one more", "up", [...idle(existing), `id: more-${run}`]);
    await measure("one less", "up", idle(existing));
  }
}

function note(
  { results, save, say }: Bench,
  action: Action,
  existing: number,
  deployed: Deployed,
  bytes: number,
): void {
  results.deployments ??= [];
  let row = results.deployments.find((known) => known.action === action && known.existing === existing);
  if (row === undefined) {
    row = { action, existing, seconds: [], peakMiB: [], stateBytes: bytes } satisfies Deployment;
    results.deployments.push(row);
  }
  row.seconds.push(deployed.seconds);
  row.peakMiB.push(deployed.peakMiB);
  row.stateBytes = bytes;
  save();
  say(`${existing} tenants, ${action}: ${deployed.seconds.toFixed(2)} s, ${deployed.peakMiB.toFixed(0)} MiB`);
}
