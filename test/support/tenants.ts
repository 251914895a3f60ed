import type { PlacedTenant } from "../../components/tenantOutputs.ts";

/** A small tenant, as `load` and `placeTenants` would give it, with the differences that a test is about. */
export function tenant(differences: Partial<PlacedTenant> = {}): PlacedTenant {
  const id = differences.id ?? "acme";
  return {
    id,
    database: id,
    owner: id,
    plan: "small",
    memoryMiB: 256,
    cpuShares: 256,
    maxConnections: 40,
    sharedBuffersMiB: 16,
    address: "198.18.7.7",
    ...differences,
  };
}
