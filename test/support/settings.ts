import { stackNames } from "../../components/names.ts";
import type { Settings } from "../../components/settings.ts";

/** Settings as `readSettings` would give them, for tests that need no configuration. */
export const settings: Settings = {
  stack: "dev",
  names: stackNames("dev"),
  tenantsFile: "tenants/tenants.yaml",
  domain: "db.example.com",
  port: 5432,
  listenAddress: "*",
  subnet: "198.18.0.0/16",
  deletionProtection: true,
  overcommit: undefined,
  certificate: { bundle: "chain and key, a secret", fingerprint: "0123456789abcdef", outdated: undefined },
  caCertificate: undefined,
  caFile: undefined,
  hostAddress: undefined,
  proxyProtocolFrom: [],
  passwords: new Map(),
  imports: new Map(),
  tenantCertificates: new Map(),
  offsite: undefined,
  postgresImage: "pgtenants/postgres:test",
  traefikImage: "pgtenants/traefik:test",
  previewDatabases: { create: [], delete: [] },
  offsiteImage: "pgtenants/offsite:test",
  poolerImage: "pgtenants/pooler:test",
};
