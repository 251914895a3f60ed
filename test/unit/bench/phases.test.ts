import { describe, expect, test } from "vitest";
import { phases } from "../../../bench/results.ts";
import { type Mark, phasesOf } from "../../../bench/support/phases.ts";

function mark(at: number, what: Mark["what"], name: string, type = "docker:index/container:Container"): Mark {
  return { at, what, name, type };
}

const marks = [
  mark(1, "begun", "pgtenants-bench", "pulumi:pulumi:Stack"),
  mark(1.5, "begun", "default_5_2_0", "pulumi:providers:docker"),
  mark(2, "begun", "state", "random:index/randomId:RandomId"),
  mark(3, "begun", "acme-data", "docker:index/volume:Volume"),
  mark(3.25, "done", "acme-data", "docker:index/volume:Volume"),
  mark(4, "done", "acme-server"),
  mark(4.5, "done", "traefik-routes", "command:local:Command"),
  mark(6.5, "done", "acme-sql", "command:local:Command"),
];

describe("phasesOf", () => {
  test("gives parts that follow each other", () => {
    expect(phasesOf(marks, "acme", 6)).toEqual({ start: 1, program: 1, engine: 1, create: 1, route: 0.5, server: 1.5 });
  });

  test("adds up to the whole, also where the routes were there first or an event came late", () => {
    const early = marks.map((one) => (one.name === "traefik-routes" ? { ...one, at: 2.5 } : one));
    for (const [given, live] of [
      [early, 6],
      [marks, 4.2],
    ] as const) {
      const spent = phasesOf(given, "acme", live);
      expect(phases.reduce((sum, phase) => sum + spent[phase], 0)).toBeCloseTo(live, 9);
      for (const phase of phases) expect(spent[phase]).toBeGreaterThanOrEqual(0);
    }
    expect(phasesOf(early, "acme", 6).route).toBe(0);
  });

  test("says which event is missing", () => {
    expect(() => phasesOf(marks, "globex", 6)).toThrow("the engine reported no container of globex");
  });
});
