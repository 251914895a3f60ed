import { expect, test } from "vitest";
import { routesOf, summarize } from "../../../components/tenantOutputs.ts";
import { tenant } from "../../support/tenants.ts";

const domain = "db.example.com";

test("only tenants that run and may be reached have a route", () => {
  const closed = { enabled: false, allow: [], maxConnectionsPerIp: 40 };
  const tenants = [
    tenant(),
    tenant({ id: "stopped", state: "stopped" }),
    tenant({ id: "removed", state: "removed" }),
    tenant({ id: "closed", access: closed }),
  ];
  expect(routesOf(tenants, domain)).toEqual([
    {
      id: "acme",
      host: "acme.db.example.com",
      address: "198.18.7.7",
      passthrough: false,
      allow: [],
      maxConnectionsPerIp: 40,
    },
  ]);
});

test("every tenant that is kept is in the output, whether or not it runs; a removed one is not", () => {
  const tenants = [tenant(), tenant({ id: "stopped", state: "stopped" }), tenant({ id: "removed", state: "removed" })];
  const summary = summarize(tenants, [], domain, 5432);
  expect(Object.keys(summary)).toEqual(["acme", "stopped"]);
  expect(summary["stopped"]).toMatchObject({ state: "stopped", host: "stopped.db.example.com" });
});
