import { describe, expect, test } from "vitest";
import type { Route } from "../../components/dynamicConfig.ts";
import type { Settings } from "../../components/settings.ts";
import { Traefik } from "../../components/traefik.ts";
import { type Registered, registeredBy } from "../support/mocks.ts";
import { settings } from "../support/settings.ts";

const acme: Route = {
  id: "acme",
  host: "acme.db.example.com",
  address: "198.18.7.7",
  passthrough: false,
  allow: [],
  maxConnectionsPerIp: 40,
};
const routes = [acme];
const component = "pgtenants:index:Traefik";

function register(preview = false, given: readonly Route[] = routes, more: Partial<Settings> = {}) {
  const args = { settings: { ...settings, ...more }, state: "0123456789abcdef", routes: given };
  return registeredBy(() => new Traefik("traefik", args), preview);
}

describe("Traefik", () => {
  test.each([false, true])("makes exactly these resources, each under the component (preview: %s)", async (preview) => {
    const resources = await register(preview);
    expect(resources.map(({ type, name }) => `${name} ${type}`)).toEqual([
      `traefik ${component}`,
      `traefik-certificate ${component}$command:local:Command`,
      `traefik-files ${component}$docker:index/volume:Volume`,
      `traefik-listening ${component}$command:local:Command`,
      `traefik-router ${component}$docker:index/container:Container`,
      `traefik-routes ${component}$command:local:Command`,
    ]);
  });

  test("asks for exactly these inputs", async () => {
    const resources = await register();
    const inputs = Object.fromEntries(resources.map(({ name, plain }) => [name, plain]));
    await expect(`${JSON.stringify(inputs, null, 2)}\n`).toMatchFileSnapshot("../golden/traefik.json");
  });

  test("the private key is in no plain input, and dynamic.yml is known at preview", async () => {
    const resources = await register(true);
    expect(JSON.stringify(resources.map(({ plain }) => plain))).not.toContain(settings.certificate.bundle);
    expect(resources.find(({ name }) => name === "traefik-certificate")?.secrets).toEqual(["stdin"]);
    expect(resources.find(({ name }) => name === "traefik-routes")?.plain["stdin"]).toContain(
      "HostSNI(`acme.db.example.com`)",
    );
  });

  test("a tenant more changes dynamic.yml and nothing else", async () => {
    const more = [...routes, { ...acme, id: "globex", host: "globex.db.example.com", address: "198.18.8.8" }];
    expect(changed(await register(), await register(false, more))).toEqual(["traefik-routes"]);
  });

  test("a load balancer more changes the router's container and nothing else", async () => {
    const behind = await register(false, routes, { proxyProtocolFrom: ["203.0.113.9/32"] });
    expect(changed(await register(), behind)).toEqual(["traefik-router"]);
  });

  test("gives the step that writes the routes to whatever must wait for them", async () => {
    let urn = "";
    await registeredBy(() => {
      const { routesWritten } = new Traefik("traefik", { settings, state: "0123456789abcdef", routes });
      routesWritten.urn.apply((known) => {
        urn = known;
      });
    });
    expect(urn).toMatch(/::traefik-routes$/);
  });
});

function changed(before: readonly Registered[], after: readonly Registered[]): string[] {
  const other = after.filter((resource, index) => JSON.stringify(resource) !== JSON.stringify(before[index]));
  return other.map(({ name }) => name);
}
