import * as pulumi from "@pulumi/pulumi";
import { type ConnectionStrings, renderConnectionStrings } from "./connectionStrings.ts";
import { tenantHost, typeTokens } from "./names.ts";
import type { Settings } from "./settings.ts";
import { sharedPassword } from "./sharedPassword.ts";
import type { PlacedShared } from "./sharedPorts.ts";

export interface SharedTenantArgs {
  readonly tenant: PlacedShared;
  readonly settings: Settings;
  /** The key of its instance; known only when everybody on it is as described. Secret. */
  readonly key: pulumi.Output<string>;
}

/**
 * A tenant on an instance. It has no resources of its own, only what the next deployment has to know of it: where it is, and its port. What it
 * is made of, its role and its database or schema, `SharedTenants` makes for all of an instance at once.
 */
export class SharedTenant extends pulumi.ComponentResource {
  readonly id: string;
  /** Whether it is still a tenant, and neither data that is kept nor a second place. */
  readonly exists: boolean;
  /** The tenant's connection in every form; secret. */
  readonly connectionStrings: pulumi.Output<ConnectionStrings>;

  constructor(name: string, { tenant, settings, key }: SharedTenantArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      typeTokens.sharedTenant,
      name,
      {},
      { ...opts, aliases: tenant.formerIds.map((former) => ({ name: former })) },
    );
    const { id, origin, instance, isolation, port, state, database, owner: user, standby } = tenant;
    this.id = id;
    this.exists = state !== "removed" && standby === undefined;
    const target = {
      ...{ id, database, user, port: settings.port, caFile: settings.caFile, hostAddress: settings.hostAddress },
      host: tenantHost(id, settings.domain),
    };
    const own = tenant.password === "custom" ? settings.passwords.get(id) : undefined;
    this.connectionStrings = pulumi.secret(
      key.apply((secret) =>
        renderConnectionStrings({
          ...target,
          password: own ?? sharedPassword(secret, origin, tenant.passwordVersion),
        }),
      ),
    );
    const second = standby === undefined ? {} : { standby };
    this.registerOutputs({ instance, isolation, port, state, origin, ...second });
  }
}
