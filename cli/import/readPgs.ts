import { type ComposeService, readCompose } from "./composeFile.ts";
import { makeProblems, type Problems } from "./problems.ts";
import { type PgsRoute, readAccess, readRoutes } from "./routes.ts";

/** The texts of a pgs folder; undefined where there is no such file. */
export interface PgsTexts {
  readonly compose: string;
  readonly env?: string | undefined;
  readonly dynamic?: string | undefined;
  readonly access?: string | undefined;
}

/** How a container of the folder is found on the engine: by its own name, or as Compose labels it. */
export type ContainerRef = Pick<ComposeService, "name" | "containerName">;

/** A tenant of pgs. */
export interface PgsTenant {
  /** The first label of its host; for one without a route, what follows `pgs_` in its container's name. */
  readonly id: string;
  readonly container: ContainerRef;
  readonly user: string;
  readonly database: string;
  /** Secret. */
  readonly password: string;
  /** Whether clients from outside reach it. */
  readonly access: boolean;
}

/** What a pgs folder says. */
export interface PgsSetup {
  /** Tenants are reached as `<id>.<domain>`; undefined where none has a route. */
  readonly domain: string | undefined;
  /** The published port; undefined where Compose publishes none. */
  readonly port: number | undefined;
  readonly router: ContainerRef | undefined;
  readonly tenants: readonly PgsTenant[];
}

/** What the container of a tenant begins with. */
const prefix = "pgs_";

/** What the folder says, or everything that is wrong with it, a line each; no line holds a password. Pure. */
export function readPgs(texts: PgsTexts): PgsSetup | { readonly problems: readonly string[] } {
  const problems = makeProblems();
  const services = readCompose(texts.compose, texts.env ?? "", problems);
  const routes = readRoutes(texts.dynamic ?? "", problems);
  const access = readAccess(texts.access ?? "{}", problems);
  const servers = services.filter((service) => nameOf(service).startsWith(prefix));
  const router = services.find(({ name, image }) => name === "traefik" || /(^|\/)traefik(:|@|$)/.test(image));
  if (problems.lines().length === 0) expectWhole(servers.map(nameOf), routes, access, problems);
  const tenants = servers.map((service) => readTenant(service, routes, access, problems));
  if (problems.lines().length > 0) return { problems: problems.lines() };
  return {
    domain: routes[0] && domainOf(routes[0]),
    port: router?.ports.find(({ container }) => container === 5432)?.host,
    router,
    tenants,
  };
}

/** A tenant that only one of the files knows was half made, or half removed. */
function expectWhole(
  servers: readonly string[],
  routes: readonly PgsRoute[],
  access: ReadonlyMap<string, boolean>,
  problems: Problems,
): void {
  if (servers.length === 0)
    problems.add("docker-compose.yml", `got no container called ${prefix}<tenant>, expected one for each tenant`);
  for (const { host, container } of routes.filter((route) => !servers.includes(route.container)))
    problems.add("dynamic.yml", `got a route from ${host} to ${container}, expected a container of docker-compose.yml`);
  for (const name of [...access.keys()].filter((id) => !servers.includes(prefix + id)))
    problems.add("tenant-access.json", `got the tenant ${name}, expected one with a container ${prefix}${name}`);
  const domains = new Set(routes.map(domainOf));
  if (domains.size > 1)
    problems.add("dynamic.yml", `got hosts below ${[...domains].join(" and ")}, expected one domain for all tenants`);
}

function readTenant(
  service: ComposeService,
  routes: readonly PgsRoute[],
  access: ReadonlyMap<string, boolean>,
  problems: Problems,
): PgsTenant {
  const { POSTGRES_PASSWORD: password = "", POSTGRES_USER: user = "postgres", POSTGRES_DB } = service.environment;
  const container = nameOf(service);
  const name = container.slice(prefix.length);
  const [host, ...others] = routes.filter((route) => route.container === container).map((route) => route.host);
  const allowed = access.get(name) ?? host !== undefined;
  if (password === "")
    problems.add(
      `docker-compose.yml: services.${service.name}`,
      "got no POSTGRES_PASSWORD, expected it in environment",
    );
  if (others.length > 0)
    problems.add("dynamic.yml", `got the hosts ${[host, ...others].join(", ")} for ${container}, expected one`);
  if (allowed !== (host !== undefined)) {
    const got = allowed ? "on, and no route in dynamic.yml" : "off, and a route in dynamic.yml";
    problems.add("tenant-access.json", `got ${name} with access ${got}, expected both to say the same`);
  }
  return {
    id: host?.split(".")[0] ?? name,
    container: service,
    user,
    database: POSTGRES_DB ?? user,
    password,
    access: allowed,
  };
}

function nameOf({ containerName, name }: ContainerRef): string {
  return containerName ?? name;
}

function domainOf({ host }: PgsRoute): string {
  return host.slice(host.indexOf(".") + 1);
}
