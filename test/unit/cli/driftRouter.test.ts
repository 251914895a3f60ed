import { describe, expect, test } from "vitest";
import { compareRouter, type SeenRouter } from "../../../cli/pgt/drift/compareRouter.ts";
import { parseRouter } from "../../../cli/pgt/drift/readInside.ts";
import { type Route, renderDynamicConfig } from "../../../components/dynamicConfig.ts";

const route = (id: string, differences: Partial<Route> = {}): Route => ({
  id,
  host: `${id}.db.example.com`,
  address: "198.18.0.2",
  passthrough: false,
  allow: [],
  maxConnectionsPerIp: 40,
  ...differences,
});
const certificate = { path: "certificates/0123456789abcdef.pem", digest: "a".repeat(64) };
const render = (...routes: readonly Route[]) => renderDynamicConfig(routes, `/var/lib/traefik/${certificate.path}`);
const routes = render(route("acme"), route("globex", { allow: ["203.0.113.0/24"] }));
const deployed = { container: "pgtenants-dev", routes, certificate, tenants: ["acme", "globex", "hooli"] };
const owner = "65531:65532";
const seen: SeenRouter = {
  routes,
  files: [
    { path: "routes", owner, mode: "750" },
    { path: "routes/dynamic.yml", owner, mode: "640" },
    { path: "certificates", owner, mode: "750" },
    { path: certificate.path, owner, mode: "640" },
  ],
  certificates: { [certificate.path]: certificate.digest },
};
const compare = (differences: Partial<SeenRouter>) =>
  compareRouter(deployed, { ...seen, ...differences }).map(({ subject, kind, found }) => [subject, kind, found]);
const withMode = (path: string, mode: string) =>
  seen.files.map((file) => (file.path === path ? { ...file, mode } : file));

describe("the router's files", () => {
  test("that are as they were deployed, in whatever order and with comments, are no drift", () => {
    expect(compare({})).toEqual([]);
    expect(compare({ routes: `# looked at\n${routes}` })).toEqual([]);
  });

  test.each([
    ["a route gone", render(route("acme")), [["globex", "route-missing", "none"]]],
    [
      "a route of a tenant that has none",
      render(route("acme"), route("globex", { allow: ["203.0.113.0/24"] }), route("hooli")),
      [["hooli", "route-foreign", "hooli: HostSNI(`hooli.db.example.com`) to 198.18.0.2:5432"]],
    ],
    [
      "a route of nobody's",
      render(route("acme"), route("globex", { allow: ["203.0.113.0/24"] }), route("evil")),
      [["router", "route-foreign", "evil: HostSNI(`evil.db.example.com`) to 198.18.0.2:5432"]],
    ],
    [
      "a route that leads elsewhere",
      render(route("acme", { address: "192.0.2.9" }), route("globex", { allow: ["203.0.113.0/24"] })),
      [["acme", "route-changed", "HostSNI(`acme.db.example.com`) to 192.0.2.9:5432"]],
    ],
    [
      "networks that are let in",
      render(route("acme"), route("globex", { allow: ["0.0.0.0/0"] })),
      [["globex", "route-changed", "HostSNI(`globex.db.example.com`) to 198.18.0.2:5432 from 0.0.0.0/0"]],
    ],
    [
      "older TLS",
      routes.replaceAll("VersionTLS12", "VersionTLS10"),
      [["router", "routes-file", "routes/dynamic.yml differs in tls"]],
    ],
    [
      "connections without a limit",
      routes.replace("amount: 40", "amount: 4000"),
      [["router", "routes-file", "routes/dynamic.yml differs in middlewares"]],
    ],
    ["half a file", "tcp: [", [["router", "routes-file", "routes/dynamic.yml cannot be read"]]],
    ["an empty one", "", [["router", "routes-file", "routes/dynamic.yml cannot be read"]]],
    ["none", undefined, [["router", "routes-file", "no routes/dynamic.yml"]]],
  ])("%s", (_, text, expected) => {
    expect(compare({ routes: text })).toEqual(expected);
  });

  test.each([
    ["routes/dynamic.yml", "666", "routes/dynamic.yml: 65531:65532, mode 666"],
    ["routes", "777", "routes: 65531:65532, mode 777"],
    [certificate.path, "644", `${certificate.path}: 65531:65532, mode 644`],
  ])("the mode of %s", (path, mode, found) => {
    expect(compare({ files: withMode(path, mode) })).toEqual([["router", "routes-owner", found]]);
  });

  test("a further file beside the routes counts, half a file that was being written does not, nor does an old certificate", () => {
    const further = ["routes/evil.yml", "routes/.dynamic.yml.part", "certificates/old.pem"];
    const files = [...seen.files, ...further.map((path) => ({ path, owner: "0:0", mode: "600" }))];
    expect(compare({ files })).toEqual([["router", "routes-further", "routes/evil.yml"]]);
    expect(compareRouter(deployed, { ...seen, files })[0]?.fix).toBe(
      "docker exec --user 65531:65532 pgtenants-dev rm -r /var/lib/traefik/routes/evil.yml",
    );
  });

  test.each([
    [{}, "none"],
    [{ [certificate.path]: "b".repeat(64) }, "another text"],
  ])("a certificate that is %j", (certificates, found) => {
    expect(compare({ certificates })).toEqual([["router", "router-certificate", found]]);
  });
});

test("what the script prints is read back, also where the file has the script's own word in it", () => {
  const digest = "c".repeat(64);
  const printed = (text: string) =>
    `file 65531:65532 750 routes\nfile 65531:65532 640 routes/dynamic.yml\n${digest}  certificates/a.pem\nroutes\n${text}`;
  expect(parseRouter(printed("tcp:\nroutes\n"))).toEqual({
    routes: "tcp:\nroutes",
    files: [
      { path: "routes", owner: "65531:65532", mode: "750" },
      { path: "routes/dynamic.yml", owner: "65531:65532", mode: "640" },
    ],
    certificates: { "certificates/a.pem": digest },
  });
  expect(parseRouter("file 65531:65532 750 routes\nroutes\n").routes).toBeUndefined();
});
