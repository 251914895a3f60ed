import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import * as z from "zod";
import { renderDynamicConfig } from "../../../components/dynamicConfig.ts";
import type { LastDeployment } from "../../../components/lastDeployment.ts";
import type { PlacedShared } from "../../../components/sharedPorts.ts";
import { volumeFolder } from "../../../components/staticConfig.ts";
import { type PlacedTenant, routesOf, sharedRoutes } from "../../../components/tenantOutputs.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import type { TenantOutput } from "../../stackOutputs.ts";
import { dockerAtOnce } from "../engine.ts";
import { error, type Finding, ok } from "../finding.ts";
import type { StackConfig } from "../stackConfig.ts";

const readLimit = 10_000;

const table = z.record(z.string(), z.unknown()).default({});
const written = z.object({
  tcp: z.object({ routers: table, services: table, middlewares: table }).prefault({}),
  tls: z.object({ certificates: z.array(z.object({ certFile: z.string() })).min(1) }),
});

/** Whether the routes in the router's volume are those of the list, to the addresses of the last deployment. */
export async function routesFinding(
  { names, domain }: StackConfig,
  tenants: readonly Tenant[],
  shared: readonly PlacedShared[],
  last: LastDeployment,
  deployed: Readonly<Record<string, TenantOutput>>,
): Promise<Finding> {
  const text = await dockerAtOnce(readLimit, "exec", names.stack, "cat", `${volumeFolder}/routes/dynamic.yml`);
  return judgeRoutes(text, placed(tenants, deployed, last), domain, shared);
}

/** @param text what the router reads. */
export function judgeRoutes(
  text: string,
  tenants: readonly PlacedTenant[],
  domain: string,
  shared: readonly PlacedShared[] = [],
): Finding {
  const found = written.parse(parse(text));
  const routes = [...routesOf(tenants, domain), ...sharedRoutes(shared, tenants, domain)];
  const meant = written.parse(parse(renderDynamicConfig(routes, found.tls.certificates[0]?.certFile ?? "")));
  const ids = new Set([...Object.keys(found.tcp.routers), ...Object.keys(meant.tcp.routers)]);
  const wrong = [...ids].filter((id) => !isDeepStrictEqual(routeTo(found, id), routeTo(meant, id)));
  if (wrong.length === 0 && isDeepStrictEqual(found.tcp.middlewares, meant.tcp.middlewares)) {
    return ok("routes", `${routes.length} routes, as the file says`);
  }
  const which = wrong.length > 0 ? wrong.sort().join(", ") : "networks and numbers of connections";
  // The state of a file that was changed by hand says that it is written.
  const fix = "pgt start; where that changes nothing: pulumi up --replace '**::traefik-routes', in make shell";
  return error("routes", `the router's routes are not what the file says: ${which}`, fix);
}

function routeTo({ tcp }: z.infer<typeof written>, id: string): unknown {
  return [tcp.routers[id], tcp.services[id]];
}

/** A tenant without an address was not deployed, and so has no route yet. Instances are in no output. */
function placed(
  tenants: readonly Tenant[],
  deployed: Readonly<Record<string, TenantOutput>>,
  last: LastDeployment,
): PlacedTenant[] {
  return tenants.flatMap((tenant) => {
    if (tenant.instance === true) {
      const { address, poolerAddress } = last.get(tenant.id) ?? {};
      return address === undefined || poolerAddress === undefined ? [] : [{ ...tenant, address, poolerAddress }];
    }
    const { address, pooler } = deployed[tenant.id] ?? {};
    if (address === undefined) return [];
    return [{ ...tenant, address, ...(pooler === undefined ? {} : { poolerAddress: pooler.address }) }];
  });
}
