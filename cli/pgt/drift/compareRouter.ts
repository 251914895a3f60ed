import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import * as z from "zod";
import { tenantOfRoute } from "../../../components/names.ts";
import type { Drift } from "./drift.ts";
import { byDocker, byStep } from "./fixes.ts";

/** What was deployed into the router's volume. */
export interface DeployedRouter {
  readonly container: string;
  /** dynamic.yml. */
  readonly routes: string;
  /** The certificate's path below the volume's folder, and the SHA-256 of the file. */
  readonly certificate: { readonly path: string; readonly digest: string };
  /** The ids of all tenants, whether they have a route or not. */
  readonly tenants: readonly string[];
}

/** What is in the router's volume. */
export interface SeenRouter {
  /** Undefined where there is no such file. */
  readonly routes: string | undefined;
  /** The folder of routes and what is in it, and the folder of certificates and those: paths below the volume's folder. */
  readonly files: readonly { readonly path: string; readonly owner: string; readonly mode: string }[];
  /** The SHA-256 of each certificate's file, by path. */
  readonly certificates: Readonly<Record<string, string>>;
}

const routesFile = "routes/dynamic.yml";

/** As images/traefik/Dockerfile makes the folders, and write-file.sh the files: one user may write them, and the router read them. */
const owner = "65531:65532";
const modes = { folder: "750", file: "640" };

const rewrite = byStep("traefik-routes");

/** The router's files held against those that were deployed. Pure. */
export function compareRouter(deployed: DeployedRouter, seen: SeenRouter): Drift[] {
  return [...compareRoutes(deployed, seen), ...compareFiles(deployed, seen), ...compareCertificate(deployed, seen)];
}

const entries = z.record(z.string(), z.unknown()).default({});
const config = z.looseObject({
  tcp: z.looseObject({ routers: entries, services: entries, middlewares: entries }).prefault({}),
});

type Config = z.infer<typeof config>;

/** dynamic.yml alone. */
export function compareRoutes(
  { routes, tenants }: Pick<DeployedRouter, "routes" | "tenants">,
  seen: Pick<SeenRouter, "routes">,
): Drift[] {
  const expected = "as it was deployed";
  const broken = (found: string): Drift[] => [
    { subject: "router", kind: "routes-file", found, expected, fix: rewrite },
  ];
  if (seen.routes === undefined) return broken(`no ${routesFile}`);
  const meant = config.parse(parse(routes));
  const found = readConfig(seen.routes);
  if (found === undefined) return broken(`${routesFile} cannot be read`);
  const ids = [...new Set([...idsOf(meant), ...idsOf(found)])].sort();
  const differing = ids.flatMap((id) => compareRoute(id, meant, found, tenants));
  const rest = isDeepStrictEqual(without(meant, ids), without(found, ids));
  return [...differing, ...(rest ? [] : broken(`${routesFile} differs in ${partsOtherwise(meant, found, ids)}`))];
}

function readConfig(text: string): Config | undefined {
  try {
    return config.safeParse(parse(text)).data;
  } catch {
    return undefined;
  }
}

function idsOf({ tcp }: Config): string[] {
  return [...new Set([...Object.keys(tcp.routers), ...Object.keys(tcp.services)])];
}

/** All that is one tenant's. */
function routeOf({ tcp }: Config, id: string): readonly unknown[] {
  return [tcp.routers[id], tcp.services[id], tcp.middlewares[`allow-${id}`]];
}

function compareRoute(id: string, meant: Config, found: Config, tenants: readonly string[]): Drift[] {
  const [expected, there] = [routeOf(meant, id), routeOf(found, id)];
  if (isDeepStrictEqual(expected, there)) return [];
  const tenant = tenantOfRoute(id);
  const subject = tenants.includes(tenant) ? tenant : "router";
  const drift = { subject, fix: rewrite };
  if (expected[0] === undefined)
    return [{ ...drift, kind: "route-foreign", found: `${id}: ${brief(there)}`, expected: "no route" }];
  if (there[0] === undefined) return [{ ...drift, kind: "route-missing", found: "none", expected: brief(expected) }];
  return [{ ...drift, kind: "route-changed", found: brief(there), expected: brief(expected) }];
}

const router = z.looseObject({ rule: z.string() });
const service = z.looseObject({
  loadBalancer: z.looseObject({ servers: z.array(z.looseObject({ address: z.string() })) }),
});
const allowList = z.looseObject({ ipAllowList: z.looseObject({ sourceRange: z.array(z.string()) }) });

/** A route in a few words: its rule, where it leads, and who is let in. */
function brief([routing, serving, allowing]: readonly unknown[]): string {
  const rule = router.safeParse(routing).data?.rule ?? "no rule";
  const servers = service.safeParse(serving).data?.loadBalancer.servers ?? [];
  const from = allowList.safeParse(allowing).data?.ipAllowList.sourceRange ?? [];
  const to = servers.map(({ address }) => address).join(", ");
  return `${rule} to ${to === "" ? "nowhere" : to}${from.length > 0 ? ` from ${from.join(", ")}` : ""}`;
}

/** What is no tenant's. */
function without({ tcp, ...rest }: Config, ids: readonly string[]): Readonly<Record<string, unknown>> {
  const own = new Set(ids.map((id) => `allow-${id}`));
  const { routers: _, services: __, middlewares, ...further } = tcp;
  const shared = Object.fromEntries(Object.entries(middlewares).filter(([name]) => !own.has(name)));
  return { ...rest, ...further, middlewares: shared };
}

function partsOtherwise(meant: Config, found: Config, ids: readonly string[]): string {
  const [one, other] = [without(meant, ids), without(found, ids)];
  const parts = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return parts.filter((part) => !isDeepStrictEqual(one[part], other[part])).join(", ");
}

/** A file that was half written has a dot before its name, and Traefik reads none of those. */
function compareFiles({ container, certificate }: DeployedRouter, { files }: SeenRouter): Drift[] {
  const judged = ["routes", routesFile, "certificates", certificate.path];
  const strange = files
    .filter(({ path }) => judged.includes(path))
    .flatMap((file): Drift[] => {
      const expected = `${owner}, mode ${file.path.includes("/") ? modes.file : modes.folder}`;
      const found = `${file.owner}, mode ${file.mode}`;
      if (found === expected) return [];
      return [
        {
          subject: "router",
          kind: "routes-owner",
          found: `${file.path}: ${found}`,
          expected,
          fix: ownerFix(file.path, container, certificate.path),
        },
      ];
    });
  const further = files.filter(({ path }) => /^routes\/[^.]/.test(path) && path !== routesFile);
  return [
    ...strange,
    ...further.map(({ path }): Drift => {
      const fix = byDocker("exec", "--user", owner, container, "rm", "-r", `/var/lib/traefik/${path}`);
      return { subject: "router", kind: "routes-further", found: path, expected: `${routesFile} alone`, fix };
    }),
  ];
}

/** A step makes its file anew; a folder is left as it is, and only its owner can change its mode. */
function ownerFix(path: string, container: string, certificate: string): string {
  if (path === routesFile) return rewrite;
  if (path === certificate) return byStep("traefik-certificate");
  return `as root: chown ${owner} and chmod ${modes.folder} that folder, in the volume of ${container}`;
}

function compareCertificate({ certificate }: DeployedRouter, { certificates }: SeenRouter): Drift[] {
  const digest = certificates[certificate.path];
  if (digest === certificate.digest) return [];
  const found = digest === undefined ? "none" : "another text";
  const expected = `${certificate.path} as it was deployed`;
  const fix = byStep("traefik-certificate", "traefik-routes");
  return [{ subject: "router", kind: "router-certificate", found, expected, fix }];
}
