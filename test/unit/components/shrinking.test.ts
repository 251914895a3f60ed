import { describe, expect, test } from "vitest";
import { parseUse, shrinking, tooSmall, unknownUse } from "../../../components/shrinking.ts";
import { lastTenant, tenant } from "../../support/tenants.ts";

const last = (differences = {}) => new Map([["acme", lastTenant(differences)]]);
const idle = { memoryMiB: 40, diskMiB: 45, connections: 2 };

describe("who is asked what it uses", () => {
  test.each([{ memoryMiB: 128 }, { maxConnections: 20 }, { diskMiB: 512 }])("a tenant with less: %j", (differences) => {
    expect(shrinking([tenant(differences)], last())).toHaveLength(1);
  });

  test.each([{}, { memoryMiB: 512 }, { maxConnections: 80 }, { diskMiB: 20_480 }, { cpuShares: 2 }])(
    "not one with as much or more: %j",
    (differences) => {
      expect(shrinking([tenant(differences)], last())).toEqual([]);
    },
  );

  test("not one that is new, is removed, or was made before limits were recorded", () => {
    const smaller = tenant({ memoryMiB: 64, diskMiB: 512 });
    expect(shrinking([{ ...smaller, state: "removed" }], last())).toEqual([]);
    expect(shrinking([smaller], new Map())).toEqual([]);
    const unknown = { memoryMiB: undefined, maxConnections: undefined, diskMiB: undefined };
    expect(shrinking([smaller], last({ limits: unknown }))).toEqual([]);
  });
});

describe("a tenant that does not run, before or after", () => {
  const states = [
    ["stopped", "running"],
    ["running", "stopped"],
    ["stopped", "stopped"],
  ] as const;

  test.each(states)("may have less memory and fewer connections: %s, then %s", (before, after) => {
    const smaller = tenant({ memoryMiB: 64, maxConnections: 20, state: after });
    expect(shrinking([smaller], last({ state: before }))).toEqual([]);
  });

  test.each(states)("is asked for its disk: %s, then %s", (before, after) => {
    expect(shrinking([tenant({ diskMiB: 512, state: after })], last({ state: before }))).toHaveLength(1);
  });

  test("cannot say what its disk holds, so that must stay", () => {
    expect(unknownUse(tenant({ diskMiB: 512 }), last())).toEqual([
      '"acme": got disk of 512 MB, while its server does not run and cannot be asked what is in use; write "10 GB", as before, until it runs. Nothing was changed',
    ]);
    expect(unknownUse(tenant({ memoryMiB: 64 }), last())).toEqual([]);
  });
});

describe("tooSmall", () => {
  test("nothing to say where everything fits", () => {
    expect(tooSmall(tenant(), idle)).toEqual([]);
  });

  test("memory, disk and connections below use, each with its figures", () => {
    const small = tenant({ memoryMiB: 64, diskMiB: 256, maxConnections: 5 });
    expect(tooSmall(small, { memoryMiB: 90, diskMiB: 240, connections: 9 })).toEqual([
      '"acme": got memory of 64 MB, while 90 MB are in use; write more. Nothing was changed',
      '"acme": got disk of 256 MB, while 240 MB are in use; write "267 MB" or more. Nothing was changed',
      '"acme": got maxConnections of 5, while 9 are open; close some, or write more. Nothing was changed',
    ]);
  });
});

describe("parseUse", () => {
  test("reads what the script prints", () => {
    expect(parseUse("memory_mib=40\ndisk_mib=45\nconnections=2\ndisk_tier=ok\n")).toEqual(idle);
  });

  test.each(["", "memory_mib=40\ndisk_mib=\nconnections=2", "memory_mib=-1\ndisk_mib=1\nconnections=1"])(
    "refuses %j rather than take it for nothing in use",
    (text) => {
      expect(() => parseUse(text)).toThrow(/^use.sh printed no /);
    },
  );
});
