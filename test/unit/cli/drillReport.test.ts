import { describe, expect, test } from "vitest";
import { parseDue, parseMost } from "../../../cli/pgt/commands/drill.ts";
import {
  type Check,
  compareCounts,
  type Drill,
  drillCode,
  drillRecord,
  parseCounts,
  parseLooked,
  recordOf,
  renderDrill,
  renderLastDrill,
  verdictOf,
} from "../../../cli/pgt/drillReport.ts";

const counted = (rows: Record<string, number>) =>
  parseCounts(`${JSON.stringify({ database: "acme", tables: rows })}\n`);
const checks = (...levels: readonly (readonly [string, Check["level"]])[]): Check[] =>
  levels.map(([check, level]) => ({ check, level, found: "x", seconds: 1 }));
const whole = ["restore", "checksums", "start", "amcheck", "count", "rows"].map((name) => [name, "ok"] as const);

const drill: Drill = {
  id: "acme",
  verdict: "bad",
  at: new Date("2026-11-22T06:00:10.5Z"),
  backup: { label: "20261122-020000F", ended: new Date("2026-11-22T02:00:05Z") },
  reached: { position: "0/3000060", at: new Date("2026-11-22T06:00:00Z") },
  seconds: 10.5,
  bytes: 33_554_432,
  checks: [
    { check: "restore", level: "ok", found: "pgtenants: restored to lsn 0/3000060", seconds: 4.2 },
    { check: "checksums", level: "error", found: "bad checksums: 1\nin file base/5/16385", seconds: 0.3 },
  ],
};

describe("rows are compared with what the live server had before and after", () => {
  test.each<[string, Record<string, number>, Record<string, number>, Record<string, number>, string | undefined]>([
    ["the same", { "public.a": 2 }, { "public.a": 2 }, { "public.a": 2 }, undefined],
    ["one between the two", { "public.a": 2 }, { "public.a": 3 }, { "public.a": 5 }, undefined],
    ["and in a table that shrinks", { "public.a": 5 }, { "public.a": 3 }, { "public.a": 2 }, undefined],
    ["one row less", { "public.a": 2 }, { "public.a": 1 }, { "public.a": 2 }, "acme: public.a: 1 rows, expected 2"],
    ["more than there ever were", { "public.a": 2 }, { "public.a": 9 }, { "public.a": 5 }, "expected 2 to 5"],
    ["a table that is gone", { "public.a": 2 }, {}, { "public.a": 2 }, "public.a: no such table, expected 2"],
    ["one from nowhere", {}, { "public.b": 1 }, {}, "public.b: 1 rows, expected no such table"],
    ["one that was made meanwhile", {}, {}, { "public.b": 1 }, undefined],
    ["one that went meanwhile", { "public.b": 1 }, { "public.b": 1 }, {}, undefined],
  ])("%s", (_, before, restored, after, wrong) => {
    const { level, found } = compareCounts(counted(before), counted(restored), counted(after));
    expect({ level, found }).toEqual(
      wrong === undefined
        ? { level: "ok", found: expect.any(String) }
        : { level: "error", found: expect.stringContaining(wrong) },
    );
  });

  test("a whole database that is gone is told, shortly", () => {
    const tables = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`public.t${index}`, 1]));
    const { found } = compareCounts(counted(tables), parseCounts(""), counted(tables));
    expect(found).toContain("acme: public.t0: no such table");
    expect(found).toMatch(/and 4 more$/);
  });
});

describe("a verdict", () => {
  test("is good only where everything was looked at", () => {
    expect(verdictOf(checks(...whole))).toBe("good");
    for (const [name] of whole) {
      const others = whole.filter(([other]) => other !== name);
      expect(verdictOf(checks(...others))).toBe("incomplete");
      expect(verdictOf(checks(...others, [name, "warning"]))).toBe("incomplete");
      expect(verdictOf(checks(...others, [name, "error"]))).toBe("bad");
    }
    expect(verdictOf([])).toBe("incomplete");
  });

  test("is the exit code of the worst", () => {
    const of = (...verdicts: readonly Drill["verdict"][]) =>
      drillCode(verdicts.map((verdict) => ({ ...drill, verdict })));
    expect([of(), of("good"), of("good", "incomplete"), of("incomplete", "bad", "good")]).toEqual([0, 0, 1, 2]);
  });
});

test("what the container prints is read line by line", () => {
  const printed = [
    '{"bytes":1024}',
    '{"check":"restore","found":"x","level":"ok","seconds":1.5}',
    '{"database":"acme","tables":{"public.a":3}}',
    '{"database":"other","tables":{}}',
    "",
  ].join("\n");
  expect(parseLooked(printed)).toEqual({
    bytes: 1024,
    checks: [{ check: "restore", found: "x", level: "ok", seconds: 1.5 }],
    counts: new Map([
      ["acme", new Map([["public.a", 3]])],
      ["other", new Map()],
    ]),
  });
  expect(() => parseLooked("Segmentation fault")).toThrow();
  expect(() => parseLooked('{"check":"restore"}')).toThrow();
});

test("a drill is told to people, and kept", () => {
  expect(renderDrill(drill)).toMatchInlineSnapshot(`
    "acme: bad, 20261122-020000F of 2026-11-22T02:00:05.000Z and WAL to 0/3000060 of 2026-11-22T06:00:00.000Z, 10.5 s, 32.0 MiB
      CHECK      VERDICT  SECONDS  FOUND
      restore    ok       4.2      pgtenants: restored to lsn 0/3000060
      checksums  error    0.3      bad checksums: 1; in file base/5/16385
    "
  `);
  const record = drillRecord.parse(JSON.parse(JSON.stringify(recordOf(drill))));
  expect(record).toMatchObject({ verdict: "bad", backup: "20261122-020000F", reached: 1795327200, bytes: 33_554_432 });
  const date = (seconds: number | null) => (seconds === null ? undefined : new Date(seconds * 1000));
  const last = { ...record, at: new Date(record.at * 1000), backup: record.backup ?? undefined };
  const shown = { ...last, backupEnded: date(record.backupEnded), reached: date(record.reached) };
  expect(renderLastDrill("acme", shown)).toMatchInlineSnapshot(`
    [
      "acme: last drill at 2026-11-22T06:00:10.000Z: bad, 20261122-020000F of 2026-11-22T02:00:05.000Z and WAL to 2026-11-22T06:00:00.000Z: checksums: bad checksums: 1; in file base/5/16385",
    ]
  `);
  expect(renderLastDrill("acme", undefined)).toEqual(["acme: no backup was ever tried: pgt drill acme"]);
});

test("spans and numbers", () => {
  expect([parseDue("7d"), parseDue("12h"), parseDue("30min"), parseMost("3")]).toEqual([
    604_800_000, 43_200_000, 1_800_000, 3,
  ]);
  for (const text of ["7", "d", "-1d", "1w", "", "1.5h", "7 d"]) expect(() => parseDue(text)).toThrow(`got "${text}"`);
  for (const text of ["0", "-1", "x", "1.5", ""]) expect(() => parseMost(text)).toThrow(`got "${text}"`);
});
