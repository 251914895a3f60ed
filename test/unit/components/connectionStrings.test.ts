import { parseEnv } from "node:util";
import fc from "fast-check";
import { parse as parsePgUri } from "pg-connection-string";
import { describe, expect, test } from "vitest";
import { type ConnectionTarget, renderConnectionStrings } from "../../../components/connectionStrings.ts";

/** Characters that each form has to quote or encode in its own way. */
const awkward = "p@ss:w/rd?#&=%'\"\\ ;$x";

const target: ConnectionTarget = {
  id: "acme",
  host: "acme.db.example.com",
  port: 5432,
  database: "acme_prod",
  user: "acme",
  password: "not-a-secret",
};

describe("renderConnectionStrings", () => {
  test.each([
    ["a public CA", "connectionStrings.public.json", target],
    [
      "a private CA and no DNS",
      "connectionStrings.private.json",
      { ...target, caFile: "/etc/pgtenants/ca.crt", hostAddress: "127.0.0.1" },
    ],
    ["a password that must be encoded", "connectionStrings.encoded.json", { ...target, password: awkward }],
  ])("renders every form for %s", async (_, file, given) => {
    await expect(`${JSON.stringify(renderConnectionStrings(given), null, 2)}\n`).toMatchFileSnapshot(
      `../../golden/${file}`,
    );
  });

  test("a URI gives back host, port, database, and user and password whatever they are", () => {
    // Without the third quote, which together with the other two no .env file can hold.
    const text = fc
      .string({ minLength: 1, unit: "grapheme-ascii" })
      .filter((value) => !value.includes("'") || !value.includes("`"));
    // As tenants.yaml lets them through: a path of "." alone would be no name to a URI, however it is encoded.
    const database = fc.stringMatching(/^[a-z][a-z0-9_]{0,62}$/);
    fc.assert(
      fc.property(text, text, database, (user, password, database) => {
        const strings = renderConnectionStrings({ ...target, user, password, database });
        for (const form of [strings.uri, strings.psql, strings.prisma, strings.jdbc.slice("jdbc:".length)]) {
          const url = new URL(form);
          expect([url.hostname, url.port, decodeURIComponent(url.pathname.slice(1))]).toEqual([
            target.host,
            "5432",
            database,
          ]);
        }
        const jdbc = new URL(strings.jdbc.slice("jdbc:".length)).searchParams;
        expect([jdbc.get("user"), jdbc.get("password")]).toEqual([user, password]);
        for (const form of [strings.uri, strings.prisma]) {
          const { username, password: encoded } = new URL(form);
          expect([decodeURIComponent(username), decodeURIComponent(encoded)]).toEqual([user, password]);
        }
      }),
    );
  });

  test("node-postgres reads its form as it was meant", () => {
    expect(parsePgUri(renderConnectionStrings({ ...target, password: awkward }).nodePostgres)).toMatchObject({
      host: target.host,
      port: "5432",
      database: "acme_prod",
      user: "acme",
      password: awkward,
      sslmode: "verify-full",
    });
  });

  test("a .env file gives back what went in", () => {
    const text = fc
      .string({ minLength: 1, unit: "grapheme-ascii" })
      .filter((value) => !value.includes("'") || !value.includes("`"));
    fc.assert(
      fc.property(text, (password) => {
        expect(parseEnv(renderConnectionStrings({ ...target, password }).dotenv)["PGPASSWORD"]).toBe(password);
      }),
    );
    for (const password of ["'\"`", "'`\\n"])
      expect(() => renderConnectionStrings({ ...target, password })).toThrow("PGPASSWORD holds what no quotes");
  });

  test("no form asks for channel binding, which a terminating proxy cannot give", () => {
    expect(JSON.stringify(renderConnectionStrings(target))).not.toMatch(/channel.?binding/i);
  });

  test("the service section holds no password", () => {
    expect(renderConnectionStrings(target).pgService).not.toContain(target.password);
  });
});
