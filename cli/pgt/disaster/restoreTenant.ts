import { hardenedRun, serverTmpfsRun } from "../../../components/hardening.ts";
import { postgresImageTag } from "../../../components/images.ts";
import { backupLabels, type Label, labelArguments, ownerLabels } from "../../../components/names.ts";
import { renderPgbackrestConfig, repositoryFolder } from "../../../components/pgbackrestConfig.ts";
import type { TenantKey } from "../../../components/sealedKeys.ts";
import { volumeOf } from "../../../components/transitions.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { docker, dockerReading } from "../../engine.ts";
import type { Context } from "../context.ts";
import type { OpenStore } from "./store.ts";

/** What was brought back already is not fetched again. */
const onceMore = "mend that and run it again; it goes on from here";

/**
 * Makes a tenant's volumes, fetches its repository and restores its newest backup and all WAL after it. What comes after goes on with that
 * repository, where its key is still the tenant's. May run again: what is done is not done twice.
 */
export function restoreTenant({ config, stack }: Context, store: OpenStore, tenant: Tenant, { key }: TenantKey): void {
  const { origin, memoryMiB, backup } = tenant;
  const repository = config.names.backups(origin);
  const data = volumeOf(tenant, config.names);
  makeVolume(repository, backupLabels(stack, origin));
  store.repository(origin, repository);
  makeVolume(data, tenant.adoptedVolume === undefined ? ownerLabels(stack, origin) : []);

  try {
    const restore = [
      ...["run", "--rm", "--interactive", "--pull=never", "--network=none", "--user=999:999", ...hardenedRun],
      ...labelArguments(ownerLabels(stack)),
      ...[`--memory=${memoryMiB}m`, `--memory-swap=${memoryMiB}m`, "--pids-limit=64", "--env=IDENTITY=same"],
      ...serverTmpfsRun,
      `--mount=type=volume,source=${data},target=/var/lib/postgresql`,
      `--mount=type=volume,source=${repository},target=${repositoryFolder},readonly`,
      ...[
        "--entrypoint=/usr/local/lib/pgtenants/restore.sh",
        config.get("postgresImage") ?? postgresImageTag(),
        "latest",
      ],
    ];
    dockerReading(renderPgbackrestConfig(backup, { key }), restore, onceMore);
  } catch (error) {
    // It fails only where there is no cluster, and a server that is started on what is there would begin an empty one.
    docker("volume", "rm", data);
    throw error;
  }
}

/** Does nothing where it is there. */
function makeVolume(name: string, labels: readonly Label<string>[]): void {
  docker("volume", "create", ...labelArguments(labels), name);
}
