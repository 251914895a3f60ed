import type { Tenant } from "../tenants/tenant.ts";
import { type AddressBook, placeTenants } from "./addresses.ts";
import type { LastDeployment, LastTenant } from "./lastDeployment.ts";
import { poolerName } from "./names.ts";
import type { ListedTenant } from "./previewDatabases.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";
import { previousOf } from "./transitions.ts";

/** Gives tenants and their connection pools their addresses. */
export function place(present: readonly ListedTenant[], last: LastDeployment, subnet: string): readonly PlacedTenant[] {
  const pools = present.flatMap(({ id, pooler, instance }) =>
    pooler === undefined && instance === undefined ? [] : [{ id: poolerName(id) }],
  );
  const addresses = new Map(
    placeTenants<{ readonly id: string }>(subnet, [...present, ...pools], addressBook(present, last)).map(
      ({ id, address }) => [id, address],
    ),
  );
  return present.map((tenant) => {
    const [address, poolerAddress] = [addresses.get(tenant.id), addresses.get(poolerName(tenant.id))];
    if (address === undefined) throw new Error(`no address for ${tenant.id}`);
    return { ...tenant, address, ...(poolerAddress === undefined ? {} : { poolerAddress }) };
  });
}

/** The addresses of the last deployment, also of tenants that go; a renamed tenant keeps those of its earlier id. */
function addressBook(present: readonly Tenant[], last: LastDeployment): AddressBook {
  const kept = present.flatMap((tenant) => addressesOf(tenant.id, previousOf(tenant, last)));
  const known = [...last].flatMap(([id, tenant]) => addressesOf(id, tenant));
  return Object.fromEntries([...known, ...kept]);
}

function addressesOf(id: string, known: LastTenant | undefined): (readonly [string, string | undefined])[] {
  const pooler = known?.poolerAddress;
  return [[id, known?.address], ...(pooler === undefined ? [] : [[poolerName(id), pooler] as const])];
}
