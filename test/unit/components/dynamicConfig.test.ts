import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type Route, renderDynamicConfig } from "../../../components/dynamicConfig.ts";

const certificateFile = "/var/lib/traefik/certificates/0123456789abcdef.pem";
/** Ten of the router and four of the service. */
const linesPerTenant = 14;
const acme = route("acme", { address: "198.18.7.7" });
const globex = route("globex", { address: "198.18.8.8", passthrough: true, maxConnectionsPerIp: 5 });
const hooli = route("hooli", { address: "198.18.9.9", allow: ["203.0.113.0/24", "2001:db8::/32"] });

function route(id: string, fields: Partial<Route> = {}): Route {
  const host = `${id}.db.example.com`;
  return { id, host, address: "198.18.1.1", passthrough: false, allow: [], maxConnectionsPerIp: 40, ...fields };
}

/** What Traefik reads. */
const read = (...routes: readonly Route[]) => parse(renderDynamicConfig(routes, certificateFile));

describe("renderDynamicConfig", () => {
  test("renders routes, limits, certificate and TLS options", async () => {
    await expect(renderDynamicConfig([hooli, globex, acme], certificateFile)).toMatchFileSnapshot(
      "../../golden/dynamic.yml",
    );
  });

  test("the order of the list does not show", () => {
    expect(renderDynamicConfig([globex, hooli, acme], certificateFile)).toBe(
      renderDynamicConfig([acme, globex, hooli], certificateFile),
    );
  });

  test("a tenant more changes no line of the others", () => {
    const ids = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{2,8}$/), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(ids, (names) => {
        const routes = names.map((id) => route(id));
        const without = renderDynamicConfig(routes.slice(1), certificateFile).split("\n");
        const withFirst = renderDynamicConfig(routes, certificateFile).split("\n");
        expect(isSubsequence(without, withFirst)).toBe(true);
        expect(withFirst.length - without.length).toBe(linesPerTenant);
      }),
    );
  });

  test("every router asks for TLS and one server name, and counts its clients", () => {
    const { routers } = read(acme, route("umbrella")).tcp;
    for (const id of ["acme", "umbrella"]) {
      expect(routers[id]).toEqual({
        entryPoints: ["postgres"],
        rule: `HostSNI(\`${id}.db.example.com\`)`,
        service: id,
        priority: 1,
        middlewares: ["connections-40"],
        tls: { options: "postgresql" },
      });
    }
  });

  test("without routes Traefik reads a file that has TLS and nothing else, not an empty list of routers", () => {
    expect(Object.keys(read())).toEqual(["tls"]);
    expect(read().tls).toEqual(read(acme).tls);
  });

  test.each([
    ...["*", "*.db.example.com", "a`) || HostSNI(`*", '{{ env "HOME" }}', "a b", "", "ünicode.example.com"],
    ...["a\nb", "UPPER.example.com", "a..b"],
  ])("refuses the host %j", (host) => {
    expect(() => read({ ...acme, host })).toThrow("is not a host name");
  });

  test.each(["", "localhost", "198.18.0.1:5432", "::1", '{{ env "HOME" }}'])("refuses the address %j", (address) => {
    expect(() => read({ ...acme, address })).toThrow("is not an IPv4 address");
  });

  test("refuses a template action wherever it comes from", () => {
    expect(() => renderDynamicConfig([acme], '/x/{{ env "HOME" }}.pem')).toThrow("template action");
  });
});

describe("who is let in", () => {
  test("everybody, without a list", () => {
    expect(Object.keys(read(acme).tcp.middlewares)).toEqual(["connections-40"]);
  });

  test("a list is the tenant's own, and asked before its clients are counted", () => {
    const { routers, middlewares } = read(acme, hooli, route("initech", { allow: ["192.0.2.1/32"] })).tcp;
    expect(routers.hooli.middlewares).toEqual(["allow-hooli", "connections-40"]);
    expect(middlewares["allow-hooli"]).toEqual({ ipAllowList: { sourceRange: ["203.0.113.0/24", "2001:db8::/32"] } });
    expect(middlewares["allow-initech"]).toEqual({ ipAllowList: { sourceRange: ["192.0.2.1/32"] } });
  });

  test.each([
    ...["", "*", "all", "203.0.113.7", "203.0.113.0/33", "2001:db8::/129", "10.0.0.0/-1", "10.0.0.0/ 8", "10.0.0.0/08"],
    ...["10.1/16", "0x0a.0.0.0/8", "010.0.0.0/8", "fe80::1%eth0/64", "10.0.0.0/8,0.0.0.0/0", '{{ env "HOME" }}/8'],
  ])("refuses the network %j, which Traefik would refuse the route for or read as another", (network) => {
    expect(() => read({ ...acme, allow: ["192.0.2.0/24", network] })).toThrow(`"${network}" is not a network`);
  });
});

describe("how many are let in", () => {
  test("one definition for each amount, however many tenants name it", () => {
    const routes = Array.from({ length: 50 }, (_, index) =>
      route(`tenant${index}`, { maxConnectionsPerIp: index < 40 ? 40 : 5 }),
    );
    expect(read(...routes).tcp.middlewares).toEqual({
      "connections-5": { inFlightConn: { amount: 5 } },
      "connections-40": { inFlightConn: { amount: 40 } },
    });
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses %d", (maxConnectionsPerIp) => {
    expect(() => read({ ...acme, maxConnectionsPerIp })).toThrow("is not a number of connections");
  });

  test("every name that a router gives is defined, and nothing else is", () => {
    const routes = fc.array(
      fc.record({ amount: fc.integer({ min: 1, max: 4 }), limited: fc.boolean(), passthrough: fc.boolean() }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(routes, (drawn) => {
        const { routers, middlewares } = read(
          ...drawn.map(({ amount, limited, passthrough }, index) =>
            route(`t${index}`, { maxConnectionsPerIp: amount, passthrough, allow: limited ? ["192.0.2.0/24"] : [] }),
          ),
        ).tcp;
        const named = Object.values<{ middlewares: string[] }>(routers).flatMap((router) => router.middlewares);
        expect(new Set(Object.keys(middlewares))).toEqual(new Set(named));
      }),
    );
  });
});

test("a passthrough route differs from another in its TLS alone: the same clients are let in", () => {
  const { routers } = read(route("acme", { allow: ["192.0.2.0/24"] })).tcp;
  const through = read(route("acme", { allow: ["192.0.2.0/24"], passthrough: true })).tcp.routers;
  expect(through.acme).toEqual({ ...routers.acme, tls: { passthrough: true } });
});

function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const line of whole) if (line === part[at]) at += 1;
  return at === part.length;
}
