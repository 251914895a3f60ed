import type { TenantOutput } from "../../cli/stackOutputs.ts";
import { renderConnectionStrings } from "../../components/connectionStrings.ts";

/** A running tenant of the stack's output `tenants`. */
export function tenantOutput(id: string): TenantOutput {
  const limits = { memoryMiB: 256, diskMiB: 10_240 };
  const access = { enabled: true, allow: [] };
  return {
    host: `${id}.db.localhost`,
    port: 5432,
    state: "running",
    access,
    tls: "terminate",
    address: "198.18.0.2",
    ...limits,
  };
}

/** What `pulumi stack output --json --show-secrets` prints for a stack of these tenants; each has the password `not-a-secret`. */
export function stackOutputs(...ids: readonly string[]) {
  const connection = (id: string) =>
    renderConnectionStrings({
      ...{ id, host: `${id}.db.localhost`, port: 5432, database: id, user: id, password: "not-a-secret" },
      ...{ caFile: undefined, hostAddress: undefined, channelBinding: false },
    });
  return {
    tenants: Object.fromEntries(ids.map((id) => [id, tenantOutput(id)])),
    connectionStrings: Object.fromEntries(ids.map((id) => [id, connection(id)])),
    endpoint: "*.db.localhost:5432",
    caCertificate: null,
  };
}
