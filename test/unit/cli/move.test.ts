import { describe, expect, test } from "vitest";
import { renderEvent } from "../../../cli/pgt/events.ts";
import { targetIn } from "../../../cli/pgt/move/forward.ts";
import { type MoveLook, parseMoveLook } from "../../../cli/pgt/move/look.ts";
import {
  differences,
  estimatedSeconds,
  goalOf,
  placeFor,
  question,
  refuseMove,
  whyNoRoom,
  whyNotByEntry,
  whyNotByLook,
} from "../../../cli/pgt/move/plan.ts";
import { renderSettings } from "../../../cli/pgt/move/settings.ts";
import { parseList } from "../../../tenants/load.ts";
import type { SharedTenant } from "../../../tenants/sharedTenant.ts";
import type { Tenant } from "../../../tenants/tenant.ts";

const text = (fields: string, plans = "{}", instance = "") =>
  `plans: ${plans}\ninstances: [{ id: shared-1${instance} }]\ntenants: [{ id: acme${fields} }]\n`;
const onInstance = ", isolation: database, instance: shared-1";

/** The tenant acme of such a file, and where it is to go. */
function asked(fields: string, to: string, plans?: string, instance?: string) {
  const list = parseList(text(fields, plans, instance), "f");
  const tenant = [...list.servers, ...list.shared].find(({ id }) => id === "acme") as Tenant | SharedTenant;
  return { tenant, goal: goalOf(tenant, to, list) };
}

const seen: MoveLook = {
  ...{ bytes: 10 * 1024 * 1024, usedMiB: 100, freeMiB: 10_000, publications: 0, subscriptions: 0 },
  ...{ locale: "UTF8 b C.UTF-8", ownSchema: false, settings: [], extensions: [], databases: [], roles: [] },
};

describe("where a tenant goes", () => {
  test("it keeps the names that it has, and its password", () => {
    const there = asked(", user: app, database: orders", "shared-1");
    const place = { isolation: "database", instance: "shared-1", database: "orders", user: "app", password: "custom" };
    expect(placeFor(there.tenant, there.goal)).toEqual(place);
    const back = asked(onInstance, "dedicated");
    const { owner } = back.tenant;
    expect(owner).toMatch(/^t_/);
    expect(placeFor(back.tenant, back.goal)).toEqual({
      ...{ isolation: "dedicated", database: owner, user: owner, password: "custom" },
    });
  });

  test.each([
    ["", "dedicated", "acme has a server of its own already"],
    [onInstance, "shared-1", "acme is on shared-1 already"],
    ["", "shared-2", 'got --to "shared-2", expected dedicated or an instance: shared-1'],
    ["", "acme", 'got --to "acme"'],
  ])("not to where it is, nor to what is no place: %s --to %s", (fields, to, expected) => {
    expect(() => asked(fields, to)).toThrow(expected);
  });

  test("nor from one instance to another", () => {
    const list = parseList(text(onInstance).replace("[{ id: shared-1 }]", "[{ id: shared-1 }, { id: shared-2 }]"), "f");
    const [tenant] = list.shared;
    expect(() => goalOf(tenant as SharedTenant, "shared-2", list)).toThrow("no move from one instance to another");
  });

  test("the file is tried with what the switch will write, before anything is written", () => {
    const move = asked(", memory: 1 GB", "shared-1");
    expect(targetIn(text(", memory: 1 GB"), "f", move)).toMatchObject({ instance: "shared-1", owner: "acme" });
  });
});

describe("what is not moved, and why", () => {
  test.each([
    ["", "shared-1"],
    [", memory: 1 GB, disk: 20 GB, backup: { keepDays: 3 }, access: { allow: [10.0.0.0/8] }", "shared-1"],
    [onInstance, "dedicated"],
  ])("nothing speaks against %s --to %s", (fields, to) => {
    const { tenant, goal } = asked(fields, to);
    expect(whyNotByEntry(tenant, goal)).toEqual([]);
  });

  test.each([
    [", state: stopped", "it is stopped, expected a running tenant: pgt start acme"],
    [", pooler: { mode: session }", "take pooler out"],
    [", extensions: [{ name: vector }]", "its entry declares"],
    [", tls: passthrough", "take tls out"],
    [", tier: production", "take tier out"],
    [", readOnly: true", "take readOnly out"],
    [", allowDdl: false", "allowDdl is false"],
    [", lockTimeout: 5 s", "it has a lockTimeout"],
    [", ephemeral: { expires: 7 days }", "it is ephemeral"],
    [", plan: large", "it may have 200 connections, and shared-1 has 40"],
    [", database: pgtenants_x", '"pgtenants_x" begins with "pgtenants"'],
  ])("%s", (fields, expected) => {
    const { tenant, goal } = asked(fields, "shared-1");
    const found = whyNotByEntry(tenant, goal);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test("what its plan says counts as what it says itself, and all is told at once", () => {
    const { tenant, goal } = asked(", plan: closed, tls: passthrough", "shared-1", "{ closed: { readOnly: true } }");
    expect(() => refuseMove("acme", whyNotByEntry(tenant, goal))).toThrow(
      /^acme is not moved, and nothing was changed: TLS .*; it is read-only, /,
    );
  });

  test("a schema, nor to an instance that is stopped", () => {
    const schema = asked(", isolation: schema, instance: shared-1", "dedicated");
    expect(whyNotByEntry(schema.tenant, schema.goal)).toEqual([
      expect.stringContaining("it has a schema among others"),
    ]);
    const stopped = asked("", "shared-1", "{}", ", state: stopped");
    expect(whyNotByEntry(stopped.tenant, stopped.goal)).toEqual([
      "shared-1 is stopped, expected a running instance: pgt start shared-1",
    ]);
  });

  test.each([
    [{ extensions: ["postgres_fdw"] }, "only a superuser can make its extensions postgres_fdw"],
    [{ subscriptions: 1 }, "publications or subscriptions"],
    [{ databases: ["analytics"] }, "further databases, analytics"],
    [{ roles: ["reporting"] }, "further roles, reporting"],
    [{ ownSchema: true }, 'it has a schema "pgtenants"'],
    [{ settings: ["log_statement"] }, "only a superuser can make its settings log_statement"],
  ])("by what is in it: %o", (differing, expected) => {
    expect(whyNotByLook(seen, true)).toEqual([]);
    expect(whyNotByLook({ ...seen, ...differing }, true)).toEqual([expect.stringContaining(expected)]);
  });

  test("what others have on the instance that it leaves says nothing", () => {
    expect(whyNotByLook({ ...seen, databases: ["t_1"], roles: ["t_1"] }, false)).toEqual([]);
  });

  test("where there is no room", () => {
    const target = { usedMiB: 100, limitMiB: 115, name: "shared-1" };
    expect(whyNoRoom(seen, target)).toEqual([]);
    expect(whyNoRoom(seen, { ...target, limitMiB: 114 })).toEqual([
      "its data takes up to 15 MB while it is copied, and shared-1 has 14 MB left of 114: raise disk there, or its plan",
    ]);
    expect(whyNoRoom({ ...seen, freeMiB: 14 }, target)).toEqual([expect.stringContaining("the file system has 14 MB")]);
  });
});

test("it is said before how long it takes, and who will see the names", () => {
  expect(estimatedSeconds(0, 1)).toBeLessThan(estimatedSeconds(1024 ** 3, 1));
  expect(estimatedSeconds(0, 1)).toBeLessThan(estimatedSeconds(0, 300));
  const { tenant, goal } = asked(", user: app", "shared-1");
  expect(question(tenant, goal, seen.bytes, 7)).toMatch(
    /^Move acme to the instance shared-1\? It is read-only for about 7 s, for 10\.0 MB; .* can read the names "app" and "acme"\.$/,
  );
});

test("what differs between two counts is told from both sides", () => {
  const one = '["public", "a", 3]\n["public", "b", 1]\n';
  expect(differences(one, one)).toEqual([]);
  expect(differences(one, '["public", "a", 2]\n["public", "b", 1]')).toEqual([
    'old ["public", "a", 3]',
    'new ["public", "a", 2]',
  ]);
  expect(differences(one, "")).toHaveLength(2);
});

test("settings reach psql as one quoted document", () => {
  const found = [{ database: true, role: false, name: "search_path", value: `"a'b", c\\d` }];
  const [line = "", ...rest] = renderSettings(JSON.stringify(found)).split("\n");
  const quoted = JSON.stringify(found).replaceAll("\\", "\\\\").replaceAll("'", "''");
  expect(line).toBe(`\\set settings '${quoted}'`);
  expect(rest.join("\n")).not.toContain("search_path");
  expect(() => renderSettings('[{ "name": 5 }]')).toThrow();
});

test("a look of another form is no look", () => {
  expect(parseMoveLook(JSON.stringify(seen))).toEqual(seen);
  expect(() => parseMoveLook('{ "bytes": "many" }')).toThrow();
});

test("the window is told with its parts", () => {
  const event = { event: "moved", subject: "acme", seconds: 7.5, parts: { closing: 0.5, copying: 2, switching: 5 } };
  expect(renderEvent(event as never, (_, words) => words)).toBe(
    "acme: was read-only for 7.5 s: closing 0.5 s, copying 2.0 s, switching 5.0 s",
  );
});
