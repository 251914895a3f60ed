import { describe, expect, test } from "vitest";
import { plotsOf, renderPage } from "../../../bench/render/page.ts";
import { svgOf } from "../../../bench/render/svg.ts";
import { renderTargets } from "../../../bench/render/targets.ts";
import { type Results, sectionNames } from "../../../bench/results.ts";
import { everything } from "../../support/benchResults.ts";

const nothing: Results = { machine: everything.machine, run: { ...everything.run, missing: [] } };

describe("the page", () => {
  test("has every section, its tables and its plots", async () => {
    await expect(renderPage(everything)).toMatchFileSnapshot("../../golden/bench/benchmarks.md");
  });

  test("of a run without figures says so for each section and each target", () => {
    const page = renderPage(nothing);
    expect(page.split("Not measured in this run.")).toHaveLength(sectionNames.length + 1);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(plotsOf(nothing)).toEqual([]);
  });

  test("says what a section could not measure, in one line", () => {
    const reason = "it ended with 1:\n  a long   story";
    const page = renderPage({ ...nothing, run: { ...nothing.run, missing: [{ section: "goLive", reason }] } });
    expect(page).toContain("- it ended with 1: a long story\n");
  });

  test("of a quick run says that its figures are not to be quoted", () => {
    expect(renderPage({ ...everything, run: { ...everything.run, quick: true } })).toContain(
      "do not quote its figures",
    );
  });
});

describe("plots", () => {
  test.each(plotsOf(everything).map(({ file, spec }) => ({ file, spec })))("$file", async ({ file, spec }) => {
    const svg = await svgOf(spec);
    expect(await svgOf(spec)).toBe(svg);
    await expect(svg).toMatchFileSnapshot(`../../golden/bench/${file}`);
  });

  test("every plot that the page shows is written, and no other", () => {
    const shown = [...renderPage(everything).matchAll(/\]\(benchmarks\/(.*\.svg)\)/g)].map(([, file]) => file);
    expect(plotsOf(everything).map(({ file }) => file)).toEqual(shown);
  });
});

describe("targets", () => {
  const line = (results: Results, what: string) =>
    renderTargets(results)
      .split("\n")
      .find((row) => row.includes(what));

  test.each([
    ["go-live at 10 tenants", "at most 3 s | 3.00 s | yes"],
    ["100 tenants from nothing", "at most 60 s | 61.00 s | no"],
    ["Traefik of direct TLS, 8 clients", "at least 0.85 | 0.70 | no"],
    ["reconnect, 8 clients", "at least 0.95 | 0.96 | yes"],
    ["memory of an idle tenant", "at most 12 MiB | 13.00 MiB | no"],
    ["errors across reloads", "at most 0 | 0.00 | yes"],
    ["go-live at 300 tenants", "at most 5 s | – | not measured"],
  ])("%s: %s", (what, expected) => {
    expect(line(everything, what)).toContain(expected);
  });
});
