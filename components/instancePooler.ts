import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { hardened, instancePoolerLimits, instancePoolerTmpfs } from "./hardening.ts";
import { poolerLabels, stateLabel } from "./names.ts";
import { poolerFolder } from "./pgbouncerIni.ts";
import type { TenantDatabaseArgs } from "./tenantDatabase.ts";

/** Transactions may come to their end when the container stops. */
const stopSeconds = 15;

/** The container of a server's connection pools. Which those are, apply-pools.sh is told: none of them ever replaces the container. */
export function createInstancePooler(
  name: string,
  { tenant: { id, poolerAddress: ipv4Address }, settings, bridge, state }: TenantDatabaseArgs,
  volume: docker.Volume,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  if (ipv4Address === undefined) throw new Error(`no address for the pools of ${id}`);
  return new docker.Container(
    `${name}-pooler`,
    {
      ...hardened,
      ...instancePoolerLimits,
      name: settings.names.pooler(id),
      image: settings.poolerImage,
      user: "998:998",
      networkMode: "bridge",
      networksAdvanced: [{ name: bridge, ipv4Address }],
      dns: ["127.0.0.1"],
      mounts: [{ type: "volume", source: volume.name, target: poolerFolder }],
      tmpfs: instancePoolerTmpfs,
      stopTimeout: stopSeconds,
      destroyGraceSeconds: stopSeconds,
      labels: [...poolerLabels(settings.stack, id), stateLabel(state)],
    },
    { ...opts, deleteBeforeReplace: true },
  );
}
