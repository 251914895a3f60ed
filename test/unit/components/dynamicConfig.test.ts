import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type Route, renderDynamicConfig } from "../../../components/dynamicConfig.ts";

const certificateFile = "/var/lib/traefik/certificates/0123456789abcdef.pem";
/** Eight of the router and four of the service. */
const linesPerTenant = 12;
const acme: Route = { id: "acme", host: "acme.db.example.com", address: "198.18.7.7" };
const globex: Route = { id: "globex", host: "globex.db.example.com", address: "198.18.8.8" };

describe("renderDynamicConfig", () => {
  test("renders routes, certificate and TLS options", async () => {
    await expect(renderDynamicConfig([globex, acme], certificateFile)).toMatchFileSnapshot("../../golden/dynamic.yml");
  });

  test("the order of the list does not show", () => {
    expect(renderDynamicConfig([globex, acme], certificateFile)).toBe(
      renderDynamicConfig([acme, globex], certificateFile),
    );
  });

  test("a tenant more changes no line of the others", () => {
    const ids = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{2,8}$/), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(ids, (names) => {
        const routes = names.map((id, index) => ({
          id,
          host: `${id}.db.example.com`,
          address: `198.18.1.${index + 2}`,
        }));
        const without = renderDynamicConfig(routes.slice(1), certificateFile).split("\n");
        const withFirst = renderDynamicConfig(routes, certificateFile).split("\n");
        expect(isSubsequence(without, withFirst)).toBe(true);
        expect(withFirst.length - without.length).toBe(linesPerTenant);
      }),
    );
  });

  test("every router asks for TLS, the options and one server name", () => {
    const config = parse(renderDynamicConfig([acme, globex], certificateFile));
    for (const [id, router] of Object.entries(config.tcp.routers)) {
      expect(router).toEqual({
        entryPoints: ["postgres"],
        rule: `HostSNI(\`${id}.db.example.com\`)`,
        service: id,
        priority: 1,
        tls: { options: "postgresql" },
      });
    }
  });

  test("is never empty: Traefik would keep the last routes", () => {
    expect(() => renderDynamicConfig([], certificateFile)).toThrow("at least one route");
  });

  test.each([
    "*",
    "*.db.example.com",
    "a`) || HostSNI(`*",
    '{{ env "HOME" }}',
    "a b",
    "",
    "ünicode.example.com",
    "a\nb",
    "UPPER.example.com",
    "a..b",
  ])("refuses the host %j", (host) => {
    expect(() => renderDynamicConfig([{ ...acme, host }], certificateFile)).toThrow("is not a host name");
  });

  test.each(["", "localhost", "198.18.0.1:5432", "::1", '{{ env "HOME" }}'])("refuses the address %j", (address) => {
    expect(() => renderDynamicConfig([{ ...acme, address }], certificateFile)).toThrow("is not an IPv4 address");
  });

  test("refuses a template action wherever it comes from", () => {
    expect(() => renderDynamicConfig([acme], '/x/{{ env "HOME" }}.pem')).toThrow("template action");
  });
});

function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const line of whole) if (line === part[at]) at += 1;
  return at === part.length;
}
