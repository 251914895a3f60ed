import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report, TenantImpact } from "../../cli/pgt/impact/report.ts";
import { alignColumns } from "../../cli/table.ts";
import type { Impact } from "../../components/changeEffects.ts";
import type { ConnectionStrings } from "../../components/connectionStrings.ts";
import { fieldChanges } from "../support/plans/fieldChanges.ts";
import { nodeClient } from "./support/clients.ts";
import { pgtOutput } from "./support/pgt.ts";
import { run } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

// What `pgt plan` foretells and what then happens are held together for every field that a running tenant can change: one tenant for each, all
// of them changed in one deployment, beside neighbours that are not. The list of fields is the schema's: see unit/cli/impact/fieldChanges.

/** What became of a tenant's container and of a session that was open on it; "none" where nobody could have one. */
interface Fate {
  readonly container: "same" | "another" | "gone" | "come";
  readonly session: "lives on" | "ended" | "none";
}

const idOf = (index: number) => `t-${index}`;
const plans = "plans: { small: { memory: 128 MB, maxConnections: 20 }, other: { memory: 128 MB, cpuShares: 300 } }";
const neighbours = ["source", "neighbour"];
const today = new Date().toISOString().slice(0, 10);
let at: TestStack;

/** The list before the changes, and after them; an entry for each change, by its index. */
const before = fieldChanges.map(({ before: fields = "" }, index) => `id: ${idOf(index)}, ${fields}`.replace(/, $/, ""));
const after = fieldChanges.map((change, index) => change.after(idOf(index), today));
/** Before again: a tenant that was renamed keeps its past. */
const back = before.map((entry, index) => {
  const renamed = newIdIn(after[index]);
  return renamed === idOf(index) ? entry : `${entry}, renamedFrom: [${idOf(index)}, ${renamed}]`;
});

beforeAll(async () => {
  at = await makeTestStack([], {}, "told");
  const custom = idOf(fieldChanges.findIndex(({ fields }) => fields.includes("password")));
  const password = { value: "correct horse battery", secret: true };
  await at.stack.setConfig(`pgtenants:passwords.${custom}`, password, true);
  write(before);
  await at.stack.up();
}, 300_000);
afterAll(() => at?.remove(), 300_000);

function write(entries: readonly string[]): void {
  const all = [...neighbours.map((id) => `id: ${id}`), ...entries];
  writeFileSync(
    join(at.folder, "tenants.yaml"),
    `${plans}\ntenants:\n${all.map((one) => `  - { ${one} }\n`).join("")}`,
  );
}

function newIdIn(entry = ""): string {
  return /id: ([^,]+)/.exec(entry)?.[1] ?? "";
}

interface Session {
  readonly lives: () => Promise<boolean>;
  readonly end: () => Promise<void>;
}

/** A session that stays open, and has begun something; undefined where there are no strings, or nobody is let in. */
async function open(strings: ConnectionStrings | undefined, begun = "SELECT 1"): Promise<Session | undefined> {
  if (strings === undefined) return undefined;
  try {
    const client = await nodeClient(strings.nodePostgres);
    client.on("error", () => undefined);
    await client.query(begun);
    const lives = () =>
      client.query("SELECT 1").then(
        () => true,
        () => false,
      );
    return { lives, end: () => client.end().catch(() => undefined) };
  } catch {
    return undefined;
  }
}

/** A container's id and last start; undefined where there is none. A volume has the same name. */
async function identityOf(id: string): Promise<string | undefined> {
  const format = ["--format", "{{.Id}} {{.State.StartedAt}}"];
  const { code, stdout } = await run("docker", ["container", "inspect", ...format, at.container(id)]);
  return code === 0 ? stdout : undefined;
}

function containerFate(was: string | undefined, is: string | undefined): Fate["container"] {
  if (was === is) return "same";
  if (was === undefined) return "come";
  return is === undefined ? "gone" : "another";
}

function foretold(impact: TenantImpact | undefined, hasSession: boolean): Fate {
  const session = !hasSession ? "none" : impact?.sessionsEnd === true ? "ended" : "lives on";
  switch (impact?.impact) {
    case "restart":
      return { container: "another", session };
    case "stopped":
    case "removed":
      return { container: "gone", session };
    case "started":
      return { container: "come", session };
    default:
      return { container: "same", session };
  }
}

/** What was foretold for a change, and whether there was a session to watch. */
interface Told {
  readonly what: string;
  readonly impact: Impact;
  readonly watched: boolean;
}

/** Deploys another list, and holds what was foretold of it against what it did. */
async function follow(from: readonly string[], to: readonly string[]): Promise<readonly Told[]> {
  const strings = await at.connectionStrings();
  const what = [...neighbours, ...fieldChanges.map(({ fields }) => fields.join(", "))];
  const ids = [...neighbours, ...from.map(newIdIn)];
  const newIds = [...neighbours, ...to.map(newIdIn)];
  const watched = await Promise.all(
    ids.map(async (id, index) => ({
      was: await identityOf(id),
      session: await open(strings[id], fieldChanges[index - neighbours.length]?.session),
    })),
  );
  try {
    write(to);
    const report: Report = JSON.parse(await pgtOutput(at, "plan", "--json"));
    await at.stack.up();
    const told = new Map(report.tenants.map((tenant) => [tenant.id, tenant]));
    const rows = await Promise.all(
      watched.map(async ({ was, session }, index) => {
        const impact = told.get(newIds[index] ?? "");
        const is = await identityOf(newIds[index] ?? "");
        const happened: Fate = {
          container: containerFate(was, is),
          session: session === undefined ? "none" : (await session.lives()) ? "lives on" : "ended",
        };
        const said = foretold(impact, session !== undefined);
        return { what: what[index] ?? "", impact: impact?.impact ?? "unchanged", said, happened };
      }),
    );
    const cells = rows.map((row) => [
      ...[row.what, row.impact],
      ...[row.said.container, row.happened.container, row.said.session, row.happened.session],
    ]);
    console.log(alignColumns([["CHANGED", "FORETOLD", "CONTAINER", "IS", "SESSION", "IS"], ...cells]).join("\n"));
    expect(rows.map(({ what: changed, happened }) => ({ changed, ...happened }))).toEqual(
      rows.map(({ what: changed, said }) => ({ changed, ...said })),
    );
    return rows.map(({ what: changed, impact, said }) => ({
      what: changed,
      impact,
      watched: said.session !== "none",
    }));
  } finally {
    await Promise.all(watched.map(({ session }) => session?.end()));
  }
}

const changedBy = (told: readonly Told[], impact: Impact) =>
  told.filter((row) => row.impact === impact).map(({ what }) => what);
const unwatched = (told: readonly Told[]) => told.filter(({ watched }) => !watched).map(({ what }) => what);

test("what is foretold for each field is what happens, and to nobody else", async () => {
  const told = await follow(before, after);
  expect(changedBy(told, "unchanged")).toEqual([...neighbours, "confirmRestart", "tier"]);
  expect(unwatched(told)).toEqual([]);
}, 300_000);

test("and so it is on the way back", async () => {
  const told = await follow(after, back);
  expect(changedBy(told, "unchanged")).toEqual([...neighbours, "confirmRestart", "tier"]);
  expect(changedBy(told, "started")).toEqual(["state", "confirm"]);
  expect(unwatched(told)).toEqual(["state", "confirm", "access.enabled"]);
}, 300_000);
