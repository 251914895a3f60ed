import { existsSync, readFileSync } from "node:fs";
import * as command from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Clone, Tenant } from "../tenants/tenant.ts";
import { hardenedRun, serverTmpfsRun } from "./hardening.ts";
import { ownerLabels, stateLabel } from "./names.ts";
import { renderEncoded, renderPgbackrestConfig, repositoryFolder } from "./pgbackrestConfig.ts";
import type { Settings } from "./settings.ts";
import type { Repository } from "./tenantServer.ts";

/** What is to be filled, and from where. */
export interface CloneArgs {
  readonly tenant: Tenant;
  readonly settings: Settings;
  /** The name of this stack's state, for the container's labels; see `stateLabel`. */
  readonly state: pulumi.Input<string>;
  /** The new tenant's volume. */
  readonly volume: docker.Volume;
  readonly clone: Clone;
  /** The backups of the tenant that it begins with. */
  readonly source: Repository;
}

/**
 * Fills a new tenant's volume from another one's backups, in a container of its own without network, which may only read them. Does nothing
 * on a volume that holds a cluster. Fails where the backups do not reach the moment, or what must be masked cannot be; the tenant is not started then.
 */
export function createCloneStep(
  name: string,
  { tenant, settings, state, volume, clone, source }: CloneArgs,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const labels = [...ownerLabels(settings.stack), stateLabel("$STATE")].map(
    ({ label, value }) => `--label "${label}=${value}"`,
  );
  const create =
    // What was written until now is to be among it, and an engine would make a volume that is not there.
    'if [ -n "$(docker ps --quiet --filter "name=^$SOURCE\\$")" ]; then ' +
    'docker exec "$SOURCE" /usr/local/lib/pgtenants/archive-now.sh "$TYPE"; fi && ' +
    '{ docker volume inspect "$REPOSITORY" >/dev/null 2>&1 || { echo "$SOURCE has no backups" >&2; exit 1; }; } && ' +
    `docker run --rm --interactive --pull never --network none --user 999:999 ${hardenedRun.join(" ")} ` +
    '--memory "$MEMORY" --memory-swap "$MEMORY" --cpu-shares "$CPU_SHARES" --pids-limit 64 ' +
    `${labels.join(" ")} ${serverTmpfsRun.join(" ")} ` +
    '--mount "type=volume,source=$VOLUME,target=/var/lib/postgresql" ' +
    `--mount "type=volume,source=$REPOSITORY,target=${repositoryFolder},readonly" ` +
    '--entrypoint /usr/local/lib/pgtenants/restore.sh "$IMAGE" "$TYPE" "$TARGET" "$SCHEMA_ONLY" "$MASK"';
  return new command.local.Command(
    `${name}-clone`,
    {
      create,
      environment: {
        STATE: state,
        MEMORY: `${tenant.memoryMiB}m`,
        CPU_SHARES: String(tenant.cpuShares),
        VOLUME: volume.name,
        SOURCE: settings.names.tenant(clone.source),
        REPOSITORY: source.volume.name,
        IMAGE: settings.postgresImage,
        TYPE: clone.at.type,
        TARGET: "value" in clone.at ? clone.at.value : "",
        SCHEMA_ONLY: clone.schemaOnly === true ? "yes" : "no",
        MASK: clone.mask ?? "",
      },
      stdin: pulumi.secret(
        source.key.apply((key) => renderEncoded(renderPgbackrestConfig(tenant.backup, { key })) + maskOf(clone)),
      ),
      logging: command.local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    { ...opts, ignoreChanges: ["create", "environment", "stdin"], customTimeouts: { create: "24h" } },
  );
}

/** A file that is gone is none for a copy that is made already; one that would be made now is refused by restore.sh where this is empty. */
function maskOf({ mask }: Clone): string {
  return mask !== undefined && existsSync(mask) ? readFileSync(mask, "utf8") : "";
}
