import { expect, test } from "vitest";
import { type TenantFacts, tenantFacts } from "../../../components/tenantFacts.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { settings } from "../../support/settings.ts";
import { tenant } from "../../support/tenants.ts";

const own = new Map([["acme", { certificate: "c", key: "k", ca: undefined }]]);
const production: TenantFacts = {
  tier: "production",
  allow: [],
  backup: { enabled: true, full: "0 2 * * 0" },
  tls: "terminate",
};

test.each<[string, Partial<Tenant>, Partial<typeof settings>, TenantFacts]>([
  ["a tenant of tier standard costs the state nothing", {}, {}, {}],
  [
    "a removed one says why it is not protected",
    { state: "removed", tier: "production" },
    {},
    { unprotected: "removed" },
  ],
  ["so does one of a throw-away stack", {}, { deletionProtection: false }, { unprotected: "stack" }],
  ["and one that goes by itself", { lifeSeconds: 3600 }, {}, { unprotected: "ephemeral" }],
  ["a production one says all", { tier: "production" }, {}, production],
  [
    "in a throw-away stack as well",
    { tier: "production" },
    { deletionProtection: false },
    { ...production, unprotected: "stack" },
  ],
  [
    "the wildcard's key in its volume",
    { tier: "production", tls: "passthrough" },
    {},
    { ...production, tls: "wildcard certificate" },
  ],
  [
    "a certificate of its own",
    { tier: "production", tls: "passthrough" },
    { tenantCertificates: own },
    { ...production, tls: "own certificate" },
  ],
])("%s", (_, differences, others, expected) => {
  expect(tenantFacts(tenant(differences), { ...settings, ...others })).toEqual(expected);
});
