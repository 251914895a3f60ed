import { randomBytes } from "node:crypto";
import { tenantHost } from "../../components/names.ts";
import type { TestStack } from "../../test/e2e/support/testStack.ts";
import type { Bench } from "../bench.ts";
import { type GoLive, type Phase, phases } from "../results.ts";
import { firstAnswer } from "../support/answer.ts";
import type { Inspected } from "../support/bare.ts";
import { bareTenant, composeCommand, describe, freeAddress } from "../support/bareTenant.ts";
import { routedDoor } from "../support/benchStack.ts";
import { deploy, settle } from "../support/deploy.ts";
import { phasesOf } from "../support/phases.ts";
import { idle, type Tower } from "./climb.ts";

/** From this size on new tenants stay until all were made: each makes the stack greater by less than a hundredth. */
const stayFrom = 100;

/** Seconds for one tenant, at most. */
const limitSeconds = 300;

/** New tenants, one after another, beside `existing` ones; and containers like theirs by `docker run` and compose, in turn. */
export async function goLive(bench: Bench, tower: Tower, existing: number): Promise<void> {
  const { at } = tower;
  const { runs } = bench.scope.goLive;
  const compose = await composeCommand(at, bench.peersImage);
  if (compose === undefined) bench.miss("goLive", "docker compose up: the command does not run here");
  const password = randomBytes(16).toString("hex");
  const ids = Array.from({ length: runs }, (_, index) => `live-${index + 1}`);
  const secrets = JSON.stringify(Object.fromEntries(ids.map((id) => [id, password])));
  await at.stack.setConfig("passwords", { value: secrets, secret: true });
  let entries = idle(existing);
  for (const id of ids) {
    const before = entries;
    entries = [...before, `{ id: ${id}, password: custom }`];
    await byPulumi(bench, at, existing, id, entries, password);
    const model = await describe(at.container(id));
    await byHand(bench, at, existing, model, undefined);
    if (compose !== undefined) await byHand(bench, at, existing, model, compose);
    if (existing < stayFrom) {
      entries = before;
      await settle(at, entries);
    }
  }
  if (existing >= stayFrom) await settle(at, idle(existing));
}

/**
 * The tenant's password is one that the bench knows beforehand, so that what is measured is when the tenant answers, not when the program
 * has ended and says the password.
 */
async function byPulumi(
  bench: Bench,
  at: TestStack,
  existing: number,
  id: string,
  entries: string[],
  password: string,
) {
  const row = rowOf(bench, "pulumi up", existing);
  const user = id.replaceAll("-", "_");
  const host = tenantHost(id, at.domain);
  const door = routedDoor(at, { host, user, database: user, password });
  let answered: Promise<number> | undefined;
  at.list(...entries);
  const deployed = await deploy(at, "up", ({ what, name }) => {
    // Before its container is there nobody answers, and a route to nobody would hold each attempt for seconds.
    if (what === "done" && name === `${id}-server`) answered = firstAnswer(door, limitSeconds);
  });
  if (answered === undefined) throw new Error(`no container of ${id} was reported`);
  const live = ((await answered) - deployed.begun) / 1000;
  row.live.push(live);
  row.ended.push(deployed.seconds);
  const spent = phasesOf(deployed.marks, id, live);
  for (const phase of phases) row.phases?.[phase].push(spent[phase]);
  bench.save();
  bench.say(
    `${existing} tenants, one more answers after ${live.toFixed(2)} s; pulumi up took ${deployed.seconds.toFixed(2)} s`,
  );
}

async function byHand(bench: Bench, at: TestStack, existing: number, model: Inspected, compose: string | undefined) {
  const way = compose === undefined ? "docker run" : "docker compose up";
  const row = rowOf(bench, way, existing);
  const own = { name: `${at.router}.bare`, address: await freeAddress(at), stack: at.name };
  const { live, ended } = await bareTenant(at, model, own, compose);
  row.live.push(live);
  row.ended.push(ended);
  bench.save();
  bench.say(`${existing} tenants, ${way}: ${live.toFixed(2)} s`);
}

function rowOf({ results }: Bench, way: GoLive["way"], existing: number): GoLive {
  results.goLive ??= [];
  const known = results.goLive.find((row) => row.way === way && row.existing === existing);
  if (known !== undefined) return known;
  const none = Object.fromEntries(phases.map((phase) => [phase, []])) as unknown as Record<Phase, number[]>;
  const row: GoLive = { way, existing, live: [], ended: [], phases: way === "pulumi up" ? none : undefined };
  results.goLive.push(row);
  return row;
}
