import { expect, test } from "vitest";
import type { DeployedServer, SeenServer } from "../../../cli/pgt/drift/compareServer.ts";
import { compareSharing } from "../../../cli/pgt/drift/compareSharing.ts";

const spec = { key: "acme", role: "t_1", host: "acme.example.com", isolation: "database" as const, database: "t_1" };
const sharing = [{ ...spec, passwordVersion: 1, login: true, connections: 40, allow: [], settings: {} }];

function found(...roles: readonly object[]) {
  const deployed = { id: "shared-1", sharing } as unknown as DeployedServer;
  return compareSharing(deployed, { cluster: { roles } } as unknown as SeenServer).map(
    (drift) => `${drift.kind}: ${drift.found}`,
  );
}

test("roles of an instance's tenants that are otherwise than deployed are told by the tenant's id", () => {
  expect(found({ name: "t_1", login: true, connectionLimit: 40 })).toEqual([]);
  expect(found()).toEqual(["role-missing: acme: none"]);
  expect(found({ name: "t_1", login: false, connectionLimit: -1 })).toEqual([
    "role-login: acme: may not log in",
    "role-connections: acme: no limit",
  ]);
});
