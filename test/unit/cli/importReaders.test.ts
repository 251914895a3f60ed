import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interpolate } from "../../../cli/import/interpolate.ts";
import { type PgsTexts, readPgs } from "../../../cli/import/readPgs.ts";

const fixture = (name: string) => readFileSync(new URL(`../../support/fixtures/pgs/${name}`, import.meta.url), "utf8");
const folder: PgsTexts = {
  compose: fixture("docker-compose.yml"),
  env: fixture(".env"),
  dynamic: fixture("dynamic.yml"),
  access: fixture("tenant-access.json"),
};
const compose = (from: string, to: string): PgsTexts => ({ ...folder, compose: folder.compose.replace(from, to) });
const problemsOf = (texts: PgsTexts) => {
  const setup = readPgs(texts);
  return "problems" in setup ? setup.problems : [];
};

describe("readPgs", () => {
  test("reads what the files of the fixture say", () => {
    expect(readPgs(folder)).toMatchObject({
      domain: "pgs.example.com",
      port: 5432,
      router: { name: "traefik", containerName: undefined },
      tenants: [
        {
          ...{
            id: "acme-corp",
            user: "postgres",
            database: "acme-corp",
            password: "not-a-secret-of-acme",
            access: true,
          },
          container: { name: "pgs_acme-corp", containerName: "pgs_acme-corp" },
        },
        { id: "globex", user: "globex_admin", database: "globex", password: "not-a-secret-of-globex", access: false },
      ],
    });
  });

  test.each<[string, PgsTexts, Record<string, unknown>]>([
    ["a port on one address", compose('"5432:5432"', '"127.0.0.1:6432:5432/tcp"'), { port: 6432 }],
    ["a port in the long form", compose('"5432:5432"', '{ target: 5432, published: "6432" }'), { port: 6432 }],
    ["no published port", compose('"5432:5432"', '"8080"'), { port: undefined }],
    [
      "a database that is not named",
      compose("      POSTGRES_DB: acme-corp\n", ""),
      { tenants: [{ database: "postgres" }, {}] },
    ],
    [
      "a password that looks like a number",
      compose("not-a-secret-of-acme", "0123"),
      { tenants: [{ password: "0123" }, {}] },
    ],
    ["a password with =", compose(`\${GLOBEX_PASSWORD}`, "a=b=c"), { tenants: [{}, { password: "a=b=c" }] }],
    [
      "access in the longer form",
      { ...folder, access: '{"acme-corp": {"enabled": true}, "globex": {"enabled": false}}' },
      { tenants: [{ access: true }, { access: false }] },
    ],
    ["no tenant-access.json", { ...folder, access: undefined }, { tenants: [{ access: true }, { access: false }] }],
    [
      "a host label that differs from the container's name",
      { ...folder, dynamic: folder.dynamic?.replace("(`acme-corp.", "(`acme-corp-1a2b3c.") },
      { tenants: [{ id: "acme-corp-1a2b3c", container: { name: "pgs_acme-corp" } }, { id: "globex" }] },
    ],
  ])("understands %s", (_, texts, expected) => {
    expect(readPgs(texts)).toMatchObject(expected);
  });

  test.each<[string, PgsTexts, string]>([
    ["text that is no YAML", { compose: "services: [" }, "docker-compose.yml: expected YAML: "],
    ["no services", { compose: "version: '3'" }, "docker-compose.yml: services: "],
    [
      "no tenants",
      { compose: "services: { traefik: { image: 'traefik:v3' } }" },
      "got no container called pgs_<tenant>",
    ],
    [
      "no password",
      compose("POSTGRES_PASSWORD: not-a-secret-of-acme", "A: b"),
      "services.pgs_acme-corp: got no POSTGRES_PASSWORD",
    ],
    [
      "a password from the shell",
      compose(`- POSTGRES_PASSWORD=\${GLOBEX_PASSWORD}`, "- POSTGRES_PASSWORD"),
      "services.pgs_globex",
    ],
    [
      "a variable without a value",
      { ...folder, env: undefined },
      "docker-compose.yml:30: got the variable GLOBEX_PASSWORD, expected a value for it in .env",
    ],
    [
      "a route to nowhere",
      compose("container_name: pgs_acme-corp", "container_name: pgs_other"),
      "got a route from acme-corp.pgs.example.com to pgs_acme-corp",
    ],
    ["access for nobody", { ...folder, access: '{"initech": true}' }, "tenant-access.json: got the tenant initech"],
    [
      "access that is no flag",
      { ...folder, access: '{"globex": "off"}' },
      "tenant-access.json: globex: expected true or false",
    ],
    [
      "access without a route",
      { ...folder, access: '{"globex": true}' },
      "got globex with access on, and no route in dynamic.yml",
    ],
    [
      "a route without access",
      { ...folder, access: '{"acme-corp": false}' },
      "got acme-corp with access off, and a route",
    ],
    [
      "a rule of another form",
      { ...folder, dynamic: folder.dynamic?.replace("HostSNI(", "HostSNIRegexp(") },
      "dynamic.yml: tcp.routers.acme-corp: got HostSNIRegexp(",
    ],
    [
      "another port behind a route",
      { ...folder, dynamic: folder.dynamic?.replace(":5432", ":6432") },
      "expected HostSNI(`<tenant>.<domain>`) to a service with one server",
    ],
    [
      "two domains",
      {
        ...folder,
        access: undefined,
        dynamic: JSON.stringify({
          tcp: {
            routers: {
              a: { rule: "HostSNI(`acme-corp.one.example`)", service: "a" },
              b: { rule: "HostSNI(`globex.two.example`)", service: "b" },
            },
            services: {
              a: { loadBalancer: { servers: [{ address: "pgs_acme-corp:5432" }] } },
              b: { loadBalancer: { servers: [{ address: "pgs_globex:5432" }] } },
            },
          },
        }),
      },
      "dynamic.yml: got hosts below one.example and two.example, expected one domain",
    ],
  ])("refuses %s", (_, texts, message) => {
    expect(problemsOf(texts)).toContainEqual(expect.stringContaining(message));
  });

  test("tells everything at once, and no password", () => {
    const problems = problemsOf({
      ...compose("POSTGRES_DB: acme-corp", "POSTGRES_DB: $none"),
      access: "{",
      dynamic: "tcp: 3",
    });
    for (const file of ["docker-compose.yml", "tenant-access.json", "dynamic.yml"])
      expect(problems).toContainEqual(expect.stringContaining(file));
    expect(problems.join("\n")).not.toContain("not-a-secret");
  });
});

describe("interpolate", () => {
  const variables = new Map([
    ["NAME", "value"],
    ["EMPTY", ""],
  ]);

  test.each([
    ["plain", "plain"],
    ["a$NAME-b", "avalue-b"],
    [`a\${NAME}b`, "avalueb"],
    [`\${EMPTY}`, ""],
    [`\${NONE:-other}`, "other"],
    [`\${EMPTY:-other}`, "other"],
    [`\${EMPTY-other}`, ""],
    [`\${NONE-}`, ""],
    ["a$$b$$NAME", "a$b$NAME"],
  ])("%j is %j", (text, expected) => {
    expect(interpolate(text, variables)).toEqual({ text: expected });
  });

  test.each([
    [`$NONE and \${OTHER}`, "got the variable NONE, OTHER, expected a value"],
    ["costs 5$", "got a $ that begins no variable"],
    [`\${NAME:?must be set}`, "got a $ that begins no variable"],
    [`\${NAME`, "got a $ that begins no variable"],
  ])("%j is refused", (text, problem) => {
    expect(interpolate(text, variables)).toEqual({ problem: expect.stringContaining(problem) });
  });

  test("a text with its dollar signs doubled is itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("$", "{", "}", "A", ":", "-", " ") }), (text) => {
        expect(interpolate(text.replaceAll("$", "$$$$"), new Map())).toEqual({ text });
      }),
    );
  });
});
