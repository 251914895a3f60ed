import type { Planned } from "../../../cli/pgt/impact/planned.ts";
import type { LastShared, LastTenant } from "../../../components/lastDeployment.ts";
import { placePorts } from "../../../components/sharedPorts.ts";
import type { SharedTenant, TenantList } from "../../../tenants/sharedTenant.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { lastTenant } from "../tenants.ts";

/** Tenants that are to be, where those of another list were deployed. */
export function plannedAfter(before: TenantList, list: TenantList): Planned {
  const last = [...before.servers, ...before.beside.servers].map((tenant): [string, LastTenant] => [
    tenant.id,
    lastTenant({ state: tenant.state, ...(tenant.standby === undefined ? {} : { standby: tenant.standby }) }),
  ]);
  const lastShared = placePorts([...before.shared, ...before.beside.shared], new Map()).map(
    ({ id, instance, port, state, isolation, origin, standby }): [string, LastShared] => [
      id,
      { instance, port, state, isolation, origin, ...(standby === undefined ? {} : { standby }) },
    ],
  );
  return { list, last: new Map(last), lastShared: new Map(lastShared) };
}

/** The same of these servers and tenants on instances alone, all of which were there. */
export function planned(servers: readonly Tenant[], shared: readonly SharedTenant[] = []): Planned {
  const list = { servers, shared, beside: { servers: [], shared: [] } };
  return plannedAfter(list, list);
}
