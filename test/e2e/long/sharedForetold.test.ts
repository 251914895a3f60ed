import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../../../cli/pgt/impact/report.ts";
import { changedId, sharedChangeList, sharedChanges } from "../../support/plans/sharedChanges.ts";
import { nodeClient } from "../support/clients.ts";
import { identity } from "../support/engine.ts";
import { pgtOutput } from "../support/pgt.ts";
import { instance } from "../support/sharedStack.ts";
import { makeTestStack, type TestStack } from "../support/testStack.ts";

// What `pgt plan` foretells for tenants on an instance and what then happens are held together for every field that one can change: a tenant for
// each, all changed in one deployment, beside a neighbour that is not. The words are in unit/cli/impact/sharing.

const today = new Date().toISOString().slice(0, 10);
let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack([], {}, "st");
  const custom = changedId(sharedChanges.findIndex(({ fields }) => fields.includes("password")));
  await at.stack.setConfig(
    `pgtenants:passwords.${custom}`,
    { value: "correct horse battery staple", secret: true },
    true,
  );
  write("before");
  await at.stack.up();
}, 300_000);
afterAll(() => at?.remove(), 300_000);

function write(which: "before" | "after"): void {
  writeFileSync(join(at.folder, "tenants.yaml"), sharedChangeList(which, today));
}

/** A session that stays open and has a server connection. */
async function open(uri: string) {
  const client = await nodeClient(uri);
  client.on("error", () => undefined);
  const lives = () =>
    client.query("SELECT 1").then(
      () => true,
      () => false,
    );
  expect(await lives()).toBe(true);
  return { lives, end: () => client.end().catch(() => undefined) };
}

test("what is foretold for each field is what happens to its sessions, and to nobody else's", async () => {
  const strings = await at.connectionStrings();
  const ids = ["neighbour", ...sharedChanges.map((_, index) => changedId(index))];
  const sessions = await Promise.all(ids.map((id) => open(strings[id]?.uri ?? "")));
  const containers = () => Promise.all([at.container(instance), `${at.container(instance)}_pooler`].map(identity));
  const before = await containers();
  try {
    write("after");
    const report: Report = JSON.parse(await pgtOutput(at, "plan", "--json"));
    await at.stack.up();
    const newIds = ids.map((id, index) => {
      const after = sharedChanges[index - 1]?.after(id, today) ?? "";
      return /^id: ([^,]+)/.exec(after)?.[1] ?? id;
    });
    const happened = await Promise.all(sessions.map(async ({ lives }) => ((await lives()) ? "lives on" : "ended")));
    const rows = newIds.map((id, index) => {
      const told = report.tenants.find((tenant) => tenant.id === id);
      const changed = sharedChanges[index - 1]?.fields.join(", ") ?? id;
      return { changed, impact: told?.impact ?? "unchanged", session: told?.sessionsEnd ? "ended" : "lives on" };
    });
    expect(rows.map(({ changed }, index) => [changed, happened[index]])).toEqual(
      rows.map(({ changed, session }) => [changed, session]),
    );
    const impacts = ["unchanged", ...sharedChanges.map(({ impact }) => impact)];
    expect(rows.map(({ impact }) => impact)).toEqual(impacts);
    expect(await containers()).toEqual(before);
  } finally {
    await Promise.all(sessions.map(({ end }) => end()));
  }
}, 300_000);

test("a restart of the instance is foretold for everybody on it, by name", async () => {
  writeFileSync(
    join(at.folder, "tenants.yaml"),
    sharedChangeList("after", today).replace("maxConnections: 200", "maxConnections: 210"),
  );
  const report: Report = JSON.parse(await pgtOutput(at, "plan", "--json"));
  const told = new Map(report.tenants.map(({ id, impact, reasons }) => [id, { impact, reasons }]));
  expect(told.get("neighbour")).toMatchObject({
    impact: "restart",
    reasons: [{ text: "its instance shared-1: maxConnections 200 → 210" }],
  });
  expect(told.get(instance)?.reasons.map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/^ends the sessions of its \d+ tenants /),
  );
});
