import { isDeepStrictEqual } from "node:util";
import { declaredSpecOf, withoutVerifiers } from "../../../components/declaredSpec.ts";
import { renderDynamicConfig } from "../../../components/dynamicConfig.ts";
import type { LastDeployment, LastTenant } from "../../../components/lastDeployment.ts";
import { tenantOfRoute } from "../../../components/names.ts";
import { processLimit, reloadSettings, settingArguments, startSettings } from "../../../components/serverSettings.ts";
import type { PlacedShared } from "../../../components/sharedPorts.ts";
import { routesOf, sharedRoutes } from "../../../components/tenantOutputs.ts";
import { renderTenantPool } from "../../../components/tenantPool.ts";
import { limitsOf } from "../../../components/tenantSpec.ts";
import { previousOf } from "../../../components/transitions.ts";
import { loginRoles } from "../../../tenants/declared.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { compareRoutes } from "./compareRouter.ts";
import type { Deployed } from "./deployed.ts";

/**
 * The ids of tenants whose entry says something else than was deployed, in the order of the alphabet: a deployment is due for them. Pure. Where a
 * password comes from is not among what is compared: no state says it.
 */
export function dueTenants(
  listed: readonly Tenant[],
  deployed: Deployed,
  last: LastDeployment,
  domain: string,
  shared: readonly PlacedShared[] = [],
): readonly string[] {
  const present = listed.filter((tenant) => tenant.state !== "removed");
  const ids = new Set(present.map(({ id }) => id));
  const gone = [...last]
    .filter(([id, { state }]) => state !== "removed" && state !== "expired" && !ids.has(id))
    .map(([id]) => id);
  const differing = present.filter((tenant) => isDue(tenant, deployed, last.get(tenant.id)));
  return [
    ...new Set([...gone, ...differing.map(({ id }) => id), ...dueRoutes(present, deployed, last, domain, shared)]),
  ].sort();
}

function isDue(tenant: Tenant, deployed: Deployed, last: LastTenant | undefined): boolean {
  const rotated = loginRoles(tenant.declared).some(
    ({ name, passwordVersion }) => last?.rolePasswords.get(name) !== passwordVersion,
  );
  if (rotated || last === undefined || last.state !== tenant.state || last.passwordVersion !== tenant.passwordVersion)
    return true;
  if (tenant.state !== "running") return false;
  const server = deployed.servers.find(({ id }) => id === tenant.id);
  const options = deployed.containers.find(({ name }) => name === server?.container)?.options;
  if (server === undefined || options === undefined) return true;
  const { backup, access } = tenant;
  const { memoryMiB, cpuShares, processes } = options.limits;
  const { verifier: _, declared, ...rest } = server.spec;
  const spec = { ...rest, ...(declared === undefined ? {} : { declared: withoutVerifiers(declared) }) };
  const inState = [
    spec,
    server.diskMiB,
    server.schedule,
    server.keepDays,
    options.made["command"],
    memoryMiB,
    cpuShares,
    processes,
    server.pool,
  ];
  const inFile = [
    {
      owner: tenant.owner,
      database: tenant.database,
      connectionLimit: tenant.maxConnections,
      access: { login: access.enabled, allow: [...access.allow] },
      ...(tenant.pooler === undefined && tenant.instance === undefined ? {} : { pooler: true }),
      settings: reloadSettings(tenant, fingerprintIn(spec.settings["ssl_cert_file"])),
      ...(tenant.declared === undefined ? {} : { declared: declaredSpecOf(tenant.declared, new Map()) }),
      limits: limitsOf(tenant),
    },
    tenant.diskMiB,
    [backup.enabled ? "yes" : "no", backup.full, backup.incremental, backup.timeZone]
      .map((line) => `${line}\n`)
      .join(""),
    backup.keepDays,
    ["postgres", ...settingArguments(startSettings(tenant))],
    tenant.memoryMiB,
    tenant.cpuShares,
    processLimit(tenant),
    tenant.pooler === undefined ? undefined : renderTenantPool(tenant, tenant.pooler),
  ];
  return !isDeepStrictEqual(inState, inFile);
}

/** Of the certificate that was deployed: which one is the settings' to say, not the file's. */
function fingerprintIn(certificateFile: string | undefined): string {
  return /([0-9a-f]+)\.pem$/.exec(certificateFile ?? "")?.[1] ?? "";
}

function dueRoutes(
  present: readonly Tenant[],
  { router }: Deployed,
  last: LastDeployment,
  domain: string,
  shared: readonly PlacedShared[],
): string[] {
  if (router === undefined) return [];
  const placed = present.flatMap((tenant) => {
    const { address, poolerAddress } = previousOf(tenant, last) ?? {};
    if (address === undefined) return [];
    return [{ ...tenant, address, ...(poolerAddress === undefined ? {} : { poolerAddress }) }];
  });
  const tenants = [...present, ...shared].map(({ id }) => id);
  const all = [...routesOf(placed, domain), ...sharedRoutes(shared, placed, domain)];
  const routes = renderDynamicConfig(all, `/var/lib/traefik/${router.certificate.path}`);
  const differing = compareRoutes({ routes, tenants }, { routes: router.routes }).map(({ subject }) =>
    tenantOfRoute(subject),
  );
  return differing.filter((subject) => tenants.includes(subject));
}
