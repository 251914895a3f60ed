import { describe, expect, test } from "vitest";
import { type RestoreOptions, wayOf } from "../../../cli/pgt/commands/restore.ts";
import { parseLook, renderLastSwap, swapState } from "../../../cli/pgt/inPlace.ts";
import { keyOf, keysIn } from "../../../cli/pgt/repositoryKeys.ts";
import { lastWords, throwAwayArguments } from "../../../cli/pgt/throwAway.ts";

describe("the ways to restore", () => {
  test.each<[RestoreOptions, ReturnType<typeof wayOf>]>([
    [
      { to: "latest", as: "new" },
      { way: "as", to: "latest", as: "new" },
    ],
    [
      { to: "latest", inPlace: true },
      { way: "in place", to: "latest" },
    ],
    [{ undo: true }, { way: "undo" }],
    [{ accept: true, confirm: "acme" }, { way: "accept" }],
  ])("%j", (options, way) => {
    expect(wayOf(options)).toEqual(way);
  });

  test.each<[RestoreOptions, string]>([
    [{}, "got none of them, expected one of"],
    [{ to: "latest" }, "got none of them, expected one of"],
    [{ to: "latest", as: "new", inPlace: true }, "got --as new and --in-place"],
    [{ undo: true, accept: true }, "got --undo and --accept"],
    [{ inPlace: true }, "got --in-place without a target"],
    [{ as: "new" }, "got --as new without a target"],
    [{ undo: true, to: "latest" }, "got --to with --undo"],
  ])("%j is refused", (options, message) => {
    expect(() => wayOf(options)).toThrow(message);
  });
});

describe("a swap", () => {
  const last = {
    at: 1795327200,
    outcome: "done",
    said: "",
    what: "latest",
    replaced: "/v/18/docker.before-x",
  } as const;
  const look = { answers: true, underWay: false, replaced: "", last };

  test("goes on until the server answers and the request is gone", () => {
    expect(swapState(parseLook(JSON.stringify(look)))).toEqual(last);
    for (const change of [{ answers: false }, { underWay: true }, { last: null }])
      expect(swapState(parseLook(JSON.stringify({ ...look, ...change })))).toBe("going on");
  });

  test("is told, with the ways on", () => {
    expect(renderLastSwap("acme", last)).toMatchInlineSnapshot(`
      [
        "acme: restored in place to latest at 2026-11-22T06:00:00.000Z; pgt restore acme --accept deletes what was replaced, pgt restore acme --undo takes it back",
      ]
    `);
    expect(renderLastSwap("acme", { ...last, what: "undo" })[0]).toContain("was taken back");
    expect(renderLastSwap("acme", { ...last, outcome: "refused", said: "too old" })[0]).toMatch(
      /changed nothing: too old$/,
    );
    expect(renderLastSwap("acme", undefined)).toEqual([]);
  });
});

describe("the keys of repositories", () => {
  const resource = (name: string, result: unknown) => ({
    urn: `urn:pulumi:dev::pgtenants::pgtenants:index:TenantDatabase$random:index/randomPassword:RandomPassword::${name}`,
    type: "random:index/randomPassword:RandomPassword",
    outputs: { result },
  });
  const shown = (text: string) => ({
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    plaintext: JSON.stringify(text),
  });
  const keys = keysIn(
    JSON.stringify({
      deployment: {
        resources: [
          resource("acme-backup-key", shown("key of acme")),
          resource("acme-password", shown("password of acme")),
          resource("eu-acme-backup-key", "in clear"),
          resource("half-backup-key", undefined),
        ],
      },
    }),
  );

  test("come out of the state, and nothing else does", () => {
    expect(keys).toEqual(
      new Map([
        ["acme", "key of acme"],
        ["eu-acme", "in clear"],
      ]),
    );
    expect(keyOf(keys, "acme")).toBe("key of acme");
    expect(() => keyOf(keys, "half")).toThrow("the state has no key for the backups of half");
  });
});

test("a throw-away container has no network, no stack's label and no secret among its arguments", () => {
  const args = throwAwayArguments({
    name: "pgtenants-dev.acme_drill",
    stack: "dev",
    image: "image",
    tenant: { memoryMiB: 128, cpuShares: 512 },
    script: "drill.sh",
    args: ["16MB", "latest"],
    mounts: ["type=volume,source=v,target=/v"],
    input: "a secret",
  });
  expect(args).toEqual(expect.arrayContaining(["--network=none", "--memory=128m", "--cpu-shares=512", "--read-only"]));
  expect(args.slice(-4)).toEqual(["--entrypoint=/usr/local/lib/pgtenants/drill.sh", "image", "16MB", "latest"]);
  expect(args.join(" ")).not.toContain("dev.pgtenants.stack");
  expect(args.join(" ")).not.toContain("a secret");
});

test("the last words of a script are its last lines", () => {
  expect(lastWords("1\n2\n3\n4\n5\n\n")).toBe("2\n3\n4\n5");
});
