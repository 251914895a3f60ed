import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { capacityOf } from "../../../../cli/pgt/impact/capacity.ts";
import { code, fenced } from "../../../../cli/pgt/impact/markdown.ts";
import { renderMarkdown } from "../../../../cli/pgt/impact/renderMarkdown.ts";
import { type Report, refusedReport, type TenantImpact } from "../../../../cli/pgt/impact/report.ts";
import { impacts } from "../../../../components/changeEffects.ts";
import { tenant } from "../../../support/tenants.ts";

const capacity = capacityOf([tenant()], { memoryMiB: 24 * 1024, processors: 2 });

function reportWith(differences: Partial<Report>): Report {
  return { ...refusedReport([], []), refused: false, ...differences };
}

function row(id: string, impact: TenantImpact["impact"] = "restart", text = "image"): TenantImpact {
  return { id, impact, sessionsEnd: true, reasons: [{ impact, text }] };
}

const rowsIn = (markdown: string) => markdown.split("\n").filter((line) => line.startsWith("| `"));

describe("text from the file", () => {
  test.each([
    ["a|b", "`a\\|b`"],
    ["`rm`", "`'rm'`"],
    ["@octocat #1 <img>", "`@octocat #1 <img>`"],
    ["two\nlines\u202e", "`two\\u{a}lines\\u{202e}`"],
    ["8 → 9", "`8 → 9`"],
    ["   ", ""],
  ])("%j is %s", (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  test("is one line of code, whatever it is: nothing in it ends the cell, the table or the code", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const cell = code(text);
        expect(cell).not.toMatch(/[\n\r]/);
        expect(cell.replaceAll("\\|", "")).not.toContain("|");
        expect([...cell.matchAll(/`/g)].length).toBe(cell === "" ? 0 : 2);
        expect(cell === "" || (cell.startsWith("`") && cell.endsWith("`"))).toBe(true);
      }),
    );
  });

  test("does not end a block", () => {
    expect(fenced("diff", ["````", "+ ```"])).toEqual(["`````diff", "````", "+ ```", "`````"]);
  });
});

describe("a comment", () => {
  const many = Array.from({ length: 500 }, (_, at) => row(`tenant-${at}`, "restart", "x".repeat(190)));
  const routes = Array.from({ length: 2000 }, (_, at) => `+ line ${at} of the routes`);

  const crowded = Array.from({ length: 500 }, (_, at) => ({ id: `${at}`.padEnd(40, "x"), limits: 9999, slots: 5013 }));

  test("is never longer than asked for, and keeps whole rows, the worst first", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2000, max: 70_000 }), (most) => {
        const report = reportWith({ tenants: [row("worst", "data at risk"), ...many], routes, warnings: ["look out"] });
        const markdown = renderMarkdown(report, { ...capacity, crowded }, most);
        expect(markdown.length).toBeLessThanOrEqual(most);
        const rows = rowsIn(markdown);
        expect(rows[0]).toContain("`worst`");
        expect(rows.every((line) => line.endsWith(" |"))).toBe(true);
        expect(markdown).toContain(`_${501 - rows.length} more tenants that change are left out here`);
      }),
    );
  });

  test("loses the routes before it loses a tenant", () => {
    const report = reportWith({ tenants: [row("acme")], routes });
    const markdown = renderMarkdown(report, capacity, 4000);
    expect(rowsIn(markdown)).toHaveLength(1);
    expect(markdown).toContain("_2000 lines are left out");
    expect(markdown).not.toContain("left out here");
  });

  test("of a refusal has the program's lines, as many as have room", () => {
    const errors = Array.from({ length: 900 }, (_, at) => `tenants.yaml:${at}:1 got "x"`);
    const markdown = renderMarkdown(refusedReport(errors, []), undefined, 3000);
    expect(markdown.length).toBeLessThanOrEqual(3000);
    expect(markdown).toContain('refused: tenants.yaml:0:1 got "x"');
    expect(markdown).toMatch(/_\d+ more lines are left out\._/);
  });

  test("has a word for every impact", () => {
    for (const impact of impacts.filter((one) => one !== "unchanged")) {
      expect(renderMarkdown(reportWith({ tenants: [row("acme", impact)] }), capacity)).toContain(impact);
    }
  });
});
