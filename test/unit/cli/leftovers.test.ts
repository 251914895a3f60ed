import { describe, expect, test } from "vitest";
import { compare, foreign, stateName } from "../../../cli/leftovers.ts";
import { isStale } from "../../../cli/locks.ts";

const type = "docker:index/container:Container";
const urn = (name: string) => `urn:pulumi:dev::pgtenants::pgtenants:index:TenantDatabase$${type}::${name}`;
const inState = (name: string) => ({ type, urn: urn(name), id: `${name}-id` });
const onEngine = (name: string, running = true) => ({ id: `${name}-id`, name, running, state: "aa" });

describe("compare", () => {
  test("nothing is left over where both say the same", () => {
    expect(compare(type, [inState("acme")], [onEngine("acme")])).toEqual({ orphans: [], lost: [] });
  });

  test("what only the engine knows is an orphan, running or not", () => {
    const { orphans } = compare(
      type,
      [inState("acme")],
      [onEngine("acme"), onEngine("globex"), onEngine("hooli", false)],
    );
    expect(orphans.map(({ name }) => name)).toEqual(["globex", "hooli"]);
  });

  test("what only the state knows, or is stopped, is lost", () => {
    const { lost } = compare(
      type,
      [inState("acme"), inState("globex"), inState("hooli")],
      [onEngine("acme"), onEngine("hooli", false)],
    );
    expect(lost).toEqual([urn("globex"), urn("hooli")]);
  });

  test("resources of another type, or that never came to be, are no concern of it", () => {
    const other = { type: "docker:index/volume:Volume", urn: urn("acme-data"), id: "pgtenants-dev.acme" };
    expect(compare(type, [other, { type, urn: urn("acme") }], [])).toEqual({ orphans: [], lost: [] });
  });
});

describe("foreign", () => {
  const known = ["pgtenants-dev.acme"];
  test.each([
    ["nothing is there", "aa", [], [], []],
    ["all of it is this state's own", "aa", [onEngine("acme")], known, []],
    ["a container is of another state", "bb", [onEngine("acme")], known, ["container acme"]],
    ["a container is there and this state has made nothing yet", undefined, [onEngine("acme")], [], ["container acme"]],
    ["a container has no state's label", "aa", [{ ...onEngine("acme"), state: "" }], [], ["container acme"]],
    ["a volume is there that this state once made and let go of", "aa", [], ["pgtenants-dev.globex"], []],
    [
      "a volume is there and this state has made nothing yet",
      undefined,
      [],
      ["pgtenants-dev.globex"],
      ["volume pgtenants-dev.globex"],
    ],
  ])("when %s", (_, own, containers, volumes, found) => {
    expect(foreign(own, containers, volumes, known)).toEqual(found);
  });
});

test("a state's name is what its program made first; a state of nothing has none", () => {
  const state = {
    type: "random:index/randomId:RandomId",
    urn: "urn:pulumi:dev::pgtenants::random:index/randomId:RandomId::state",
    outputs: { hex: "00ff" },
  };
  expect(stateName([inState("acme"), state])).toBe("00ff");
  expect(stateName([inState("acme"), { ...state, outputs: {} }])).toBeUndefined();
  expect(stateName([])).toBeUndefined();
});

describe("isStale", () => {
  const lock = { pid: 4711, hostname: "here" };
  test.each([
    ["its process is gone", "here", false, true],
    ["its process lives", "here", true, false],
    ["it is of another machine", "elsewhere", false, false],
  ])("a lock when %s", (_, hostname, alive, stale) => {
    expect(isStale(lock, hostname, () => alive)).toBe(stale);
  });
});
