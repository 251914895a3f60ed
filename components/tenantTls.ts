import type { Tenant } from "../tenants/tenant.ts";
import { tenantHost } from "./names.ts";
import type { Settings } from "./settings.ts";
import { readTls, type Tls } from "./tlsFiles.ts";

/** By id, the certificates of tenants that have one of their own. */
export type TenantTls = ReadonlyMap<string, Tls>;

/**
 * Reads the certificates of those who serve them: running tenants with `tls: passthrough` and an entry in `tenantCertificates`. Others are left
 * alone, so that a file which nobody uses, or one that has expired beside a stopped tenant, keeps nobody from changing another tenant.
 * @throws RunError that names the setting, before anything is registered.
 */
export function readTenantTls(listed: readonly Tenant[], { tenantCertificates, domain }: Settings): TenantTls {
  return new Map(
    listed.flatMap(({ id, tls, state }) => {
      const files = tenantCertificates.get(id);
      if (tls !== "passthrough" || state !== "running" || files === undefined) return [];
      const setting = `tenantCertificates.${id}`;
      const names = { certificate: `${setting}.certificateFile`, key: `${setting}.keyFile` };
      return [[id, readTls(files, tenantHost(id, domain), names)] as const];
    }),
  );
}
