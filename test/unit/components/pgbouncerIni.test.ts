import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Pool, parsePoolFiles, renderPgbouncerIni, renderPoolFiles } from "../../../components/pgbouncerIni.ts";

const pool: Pool = {
  port: 5432,
  database: undefined,
  mode: "transaction",
  size: 20,
  reserve: 5,
  reserveSeconds: 3,
  maxClients: 1000,
  queryWaitSeconds: 30,
  serverIdleSeconds: 300,
  preparedStatements: 200,
  sessions: "0123abcd",
};

/** The values of a section. */
function valuesIn(ini: string, section: string): Record<string, string> {
  const [, text = ""] = new RegExp(`^\\[${section}\\]\\n((?:[^[\\n].*\\n)*)`, "m").exec(ini) ?? [];
  return Object.fromEntries(text.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" = ", 2)])));
}

describe("renderPgbouncerIni", () => {
  test.each([
    ["asked", {}],
    ["forced", { port: 6001, database: "acme", mode: "session" }],
  ] as const)("renders a pool for the database that is %s", async (name, differences) => {
    const ini = renderPgbouncerIni({ ...pool, ...differences });
    await expect(ini).toMatchFileSnapshot(`../../golden/pgbouncer.${name}.ini`);
  });

  test("lets nobody name a database where one is forced, and asks for verifiers of those who may connect to it", () => {
    const ini = renderPgbouncerIni({ ...pool, database: "acme" });
    expect(valuesIn(ini, "databases")["*"]).toMatch(/ dbname=acme$/);
    expect(valuesIn(ini, "pgbouncer")["auth_query"]).toContain("pooler_credentials($1, 'acme')");
  });

  test("never allows more server connections than size and reserve, of a role or to a database", () => {
    const count = fc.integer({ min: 0, max: 5000 });
    fc.assert(
      fc.property(count, count, (size, reserve) => {
        const values = valuesIn(renderPgbouncerIni({ ...pool, size, reserve }), "pgbouncer");
        expect(values["max_db_connections"]).toBe(String(size + reserve));
        expect(values["max_user_connections"]).toBe(String(size + reserve));
      }),
    );
  });

  test("lets a role that may have fewer connections wait for them", () => {
    const ini = renderPgbouncerIni({ ...pool, roles: new Map([["reporting", 5]]) });
    expect(valuesIn(ini, "users")).toEqual({ reporting: "max_user_connections=5" });
    expect(renderPgbouncerIni({ ...pool, roles: new Map() })).toBe(renderPgbouncerIni(pool));
  });

  test.each([
    [{ roles: new Map([["a = b", 5]]) }, '"a = b" is not the name of a tenant\'s role'],
    [{ roles: new Map([["reporting", -1]]) }, "-1 is not a whole number from 0"],
    [{ database: "acme host=elsewhere" }, '"acme host=elsewhere" is not the name of a tenant\'s database'],
    [{ database: "acme'" }, "is not the name of a tenant's database"],
    [{ sessions: "a\nadmin_users = acme" }, "is not letters and digits"],
    [{ size: 1.5 }, "1.5 is not a whole number from 0"],
    [{ maxClients: -1 }, "-1 is not a whole number from 0"],
  ])("refuses %j", (differences, reason) => {
    expect(() => renderPgbouncerIni({ ...pool, ...differences })).toThrow(reason);
  });
});

describe("parsePoolFiles", () => {
  test("reads what was rendered", () => {
    const pools = { acme: pool, "globex-eu": { ...pool, port: 6001, database: "globex" } };
    const expected = Object.entries(pools).map(([name, one]) => [name, renderPgbouncerIni(one)]);
    expect([...parsePoolFiles(renderPoolFiles(Object.entries(pools)))]).toEqual(expected);
    expect(parsePoolFiles(renderPoolFiles([])).size).toBe(0);
  });

  test.each(["", "end", "acme YQ==\n"])("refuses %j, of which some is missing", (text) => {
    expect(() => parsePoolFiles(text)).toThrow("without its last line");
  });
});
