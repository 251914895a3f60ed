import { describe, expect, test } from "vitest";
import { compareNetworks, compareVolumes } from "../../../cli/pgt/drift/compareEngine.ts";
import { compareFiles } from "../../../cli/pgt/drift/compareFiles.ts";
import { byDocker, bySql, sqlIdentifier } from "../../../cli/pgt/drift/fixes.ts";

describe("networks", () => {
  const made = {
    driver: "bridge",
    internal: true,
    options: { "com.docker.network.bridge.enable_icc": "false" },
    subnets: ["198.18.0.0/16"],
  };
  const deployed = { subject: "network", id: "1", name: "pgtenants-dev", made };
  const seen = {
    id: "1",
    name: "pgtenants-dev",
    made: { ...made, options: { ...made.options, other: "1" } },
    attached: [],
  };

  test.each([
    ["as deployed", [seen], []],
    ["gone", [], [["network", "network-missing", "none"]]],
    [
      "one more with the stack's labels",
      [seen, { ...seen, id: "2", name: "more" }],
      [["stack", "network-unknown", "network more"]],
    ],
    ["made by hand, as it was", [{ ...seen, id: "2" }], [["network", "network-recreated", "made by hand"]]],
    [
      "made by hand, otherwise",
      [{ ...seen, id: "2", made: { driver: "bridge", internal: false, options: {}, subnets: ["10.0.0.0/8"] } }],
      [
        [
          "network",
          "network-recreated",
          "made by hand; without internal, subnet 198.18.0.0/16, com.docker.network.bridge.enable_icc=false",
        ],
      ],
    ],
  ])("%s", (_, there, expected) => {
    expect(compareNetworks([deployed], there).map(({ subject, kind, found }) => [subject, kind, found])).toEqual(
      expected,
    );
  });
});

test("a network that was made by hand goes when its containers are off it", () => {
  const made = { driver: "bridge", internal: false, options: {}, subnets: [] };
  const deployed = { subject: "offsite", id: "1", name: "n", made };
  const [drift] = compareNetworks([deployed], [{ id: "2", name: "n", made, attached: ["a", "b"] }]);
  expect(drift?.fix).toBe(
    "docker network disconnect --force n a && docker network disconnect --force n b && docker network rm n; then pgt start",
  );
});

describe("volumes", () => {
  const deployed = [
    { subject: "acme", name: "pgtenants-dev.acme", data: true },
    { subject: "acme", name: "pgtenants-dev.acme_backups", data: false },
  ];
  const volume = (name: string, named: string | undefined, labelled = true) => ({ name, labelled, named });
  const all = deployed.map(({ name }) => volume(name, name));
  const compare = (...seen: Parameters<typeof compareVolumes>[1]) =>
    compareVolumes(deployed, seen).map(({ subject, kind }) => [subject, kind]);

  test("are no drift where they are there, kept ones of removed tenants and other people's included", () => {
    expect(
      compare(...all, volume("pgtenants-dev.gone", "pgtenants-dev.gone"), volume("others", undefined, false)),
    ).toEqual([]);
  });

  test("that are gone: data is another thing than what can be made again", () => {
    expect(compare()).toEqual([
      ["acme", "volume-missing"],
      ["acme", "backups-missing"],
    ]);
  });

  test("with the stack's labels and a name that none of its volumes has", () => {
    const strange = [volume("copy", "pgtenants-dev.acme"), volume("nobody's", undefined)];
    expect(compare(...all, ...strange)).toEqual([
      ["stack", "volume-unknown"],
      ["stack", "volume-unknown"],
    ]);
  });
});

test("files are told by their digests, and may have more than one that is right", () => {
  const file = (path: string, ...digests: string[]) => ({ kind: "disk-limit", path, digests, fix: "again" }) as const;
  const files = [file("/a", "1"), file("/b", "1", "2"), file("/c", "1"), file("/d", "1")];
  const drift = compareFiles("acme", files, { "/a": "1", "/b": "2", "/c": "3" });
  expect(drift.map(({ found }) => found)).toEqual(["another text in /c", "no /d"]);
});

describe("what is to be typed", () => {
  test.each([
    ['a"b', '"a""b"'],
    ["plain", '"plain"'],
  ])("the name %s in SQL", (name, expected) => {
    expect(sqlIdentifier(name)).toBe(expected);
  });

  test("holds names and statements as one argument each, whatever is in them", () => {
    expect(byDocker("rm", "--force", "a; reboot")).toBe("docker rm --force 'a; reboot'");
    const statement = `ALTER ROLE ${sqlIdentifier("it's")} NOLOGIN`;
    expect(bySql("acme", statement)).toBe(`pgt psql acme --superuser -- --command='ALTER ROLE "it'\\''s" NOLOGIN'`);
    expect(bySql("acme", "SELECT 1", "shop")).toBe("pgt psql acme --superuser -- --dbname='shop' --command='SELECT 1'");
  });
});
