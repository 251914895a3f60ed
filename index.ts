// One PostgreSQL per tenant: read the list, make what it says, hand out connection strings.
import "./components/leanRuntime.ts";
import "./components/stateExport.ts";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { admitTenants } from "./components/admission.ts";
import { ExpiredTenant } from "./components/expiredTenant.ts";
import { Offsite } from "./components/offsite.ts";
import { refuseOutdated } from "./components/outdatedCertificates.ts";
import { listAll } from "./components/previewDatabases.ts";
import { lastDeployment } from "./components/readLastDeployment.ts";
import { orRunError } from "./components/runError.ts";
import { readSettings } from "./components/settings.ts";
import { shareInstances } from "./components/shareInstances.ts";
import { stateExport } from "./components/stateExport.ts";
import { tenantBridge } from "./components/tenantBridge.ts";
import { TenantDatabase } from "./components/tenantDatabase.ts";
import { routesOf, sharedRoutes, sourcesFirst, summarize } from "./components/tenantOutputs.ts";
import { readTenantTls } from "./components/tenantTls.ts";
import { Traefik } from "./components/traefik.ts";
import { newFirst, previousOf } from "./components/transitions.ts";

const settings = readSettings();
const exported = await stateExport;
const lastStack = orRunError(() => lastDeployment(exported));
const { tenants: last, certificates } = lastStack;
const listed = orRunError(() => listAll(settings.tenantsFile, settings.previewDatabases, last));
const tenantTls = readTenantTls(listed.servers, settings);
await refuseOutdated([settings, ...tenantTls.values()], certificates);
const { placed, shared, expired } = await admitTenants(listed, lastStack, settings);

const state = new random.RandomId("state", { byteLength: 8 }).hex;
const bridge = tenantBridge(settings).name;
const router = new Traefik("traefik", {
  settings,
  state,
  routes: [...routesOf(placed, settings.domain), ...sharedRoutes(shared, placed, settings.domain)],
});
const common = { settings, tenantTls, bridge, state, routes: router.routesWritten };
const databases = new Map<string, TenantDatabase>();
for (const tenant of sourcesFirst(newFirst(placed, last))) {
  const args = { ...common, tenant, last: previousOf(tenant, last), sources: databases };
  databases.set(tenant.id, new TenantDatabase(tenant.id, args));
}
const onInstances = shareInstances({ placed, shared, databases, settings, routes: router.routesWritten });
const { offsite } = settings;
if (offsite !== undefined) new Offsite("offsite", { settings, offsite, tenants: [...databases.values()], state });

for (const { id, until } of expired) new ExpiredTenant(id, { until });

/** Per tenant, without secrets: host, port, database, user, plan, address, state, access, limits. */
export const tenants = summarize(placed, shared, settings.domain, settings.port);
/** Per tenant, secret: `uri`, `psql`, `jdbc`, `dotenv` and the other forms of components/connectionStrings.ts. */
export const connectionStrings = pulumi.secret(
  Object.fromEntries(
    [...databases.values(), ...onInstances].filter((db) => db.exists).map((db) => [db.id, db.connectionStrings]),
  ),
);
/** Where all tenants are reached; the host name picks the tenant. */
export const endpoint = `*.${settings.domain}:${settings.port}`;
/** PEM of the private CA, for clients; null with a certificate from a public CA. */
export const caCertificate = settings.caCertificate ?? null;
