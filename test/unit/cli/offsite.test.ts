import { describe, expect, test } from "vitest";
import { copiesFinding, judgeCopies, type OffsiteReport, renderCopies } from "../../../cli/pgt/offsite.ts";

const now = Date.parse("2026-11-22T06:00:00Z") / 1000;
type Part = OffsiteReport["tenants"][string]["archive"];
const there: Part = { complete: now - 40, waiting: 0, bytes: 1000, error: null };
const refused = { at: now - 10, said: "InvalidAccessKeyId" };
const report = (archive: Partial<Part> = {}, backup: Partial<Part> = {}): OffsiteReport => ({
  now,
  answered: now - 40,
  error: null,
  outbox: 0,
  tenants: { acme: { archive: { ...there, ...archive }, backup: { ...there, ...backup } } },
});

describe("copies", () => {
  test.each([
    ["all there", report(), "healthy", []],
    ["on their way", report({ waiting: 3, complete: now - 180 }), "healthy", []],
    ["late", report({ waiting: 3, complete: now - 181 }), "late", ["181 s late"]],
    ["never made", report({ complete: null, waiting: null, bytes: null }), "late", ["nothing is copied yet"]],
    ["refused", report({ error: refused }), "healthy", ["InvalidAccessKeyId (2026-11-22T05:59:50.000Z)"]],
    ["of a large backup under way", report({}, { complete: now - 86_400, waiting: 9 }), "healthy", []],
    [
      "of a backup that does not get there",
      report({}, { complete: now - 86_401 }),
      "late",
      ["its backups are more than a day late"],
    ],
  ])("%s", (_, given, level, reasons) => {
    const copies = judgeCopies(given);
    expect(copies).toMatchObject({ level, tenants: [{ level, reasons }] });
  });

  test.each([
    ["all there", judgeCopies(report()), "ok", "less than 3 minutes old"],
    [
      "late",
      judgeCopies({ ...report({ complete: now - 200 }), error: refused }),
      "warning",
      "the store takes nothing: InvalidAccessKeyId (2026-11-22T05:59:50.000Z); late: acme",
    ],
    ["not known", "docker exec: no such container", "warning", "docker exec: no such container"],
  ])("%s, in a sentence", (_, copies, level, found) => {
    expect(copiesFinding(copies)).toMatchObject({ level, found });
  });

  test("a store that takes nothing is told at once, whoever is late", () => {
    const copies = judgeCopies({ ...report({ complete: now - 200 }), error: refused, outbox: 2 });
    expect(renderCopies(copies)).toBe(
      [
        "TENANT  COPIES  COMPLETE TO               WAITING  COPIED BYTES",
        "acme    late    2026-11-22T05:56:40.000Z  0        2000",
        "",
        "the store takes nothing: InvalidAccessKeyId (2026-11-22T05:59:50.000Z)",
        "2 saved states or keys are not there yet",
        "acme: 200 s late",
        "0 healthy, 1 late",
        "",
      ].join("\n"),
    );
  });
});
