import { hardenedRun } from "../../../components/hardening.ts";
import { postgresImageTag } from "../../../components/images.ts";
import { backupLabels, type Label, ownerLabels } from "../../../components/names.ts";
import { renderPgbackrestConfig, repositoryFolder } from "../../../components/pgbackrestConfig.ts";
import type { TenantKey } from "../../../components/sealedKeys.ts";
import { volumeOf } from "../../../components/transitions.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { docker } from "../../engine.ts";
import type { Context } from "../context.ts";
import { dockerReading } from "./dockerReading.ts";
import type { OpenStore } from "./store.ts";

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
    dockerReading(renderPgbackrestConfig(backup, { key }), [
      ...["run", "--rm", "--interactive", "--pull=never", "--network=none", "--user=999:999", ...hardenedRun],
      ...labelled(ownerLabels(stack)),
      ...[`--memory=${memoryMiB}m`, `--memory-swap=${memoryMiB}m`, "--pids-limit=64", "--env=IDENTITY=same"],
      ...["--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=64m"],
      "--tmpfs=/run/postgresql:rw,noexec,nosuid,nodev,size=1m,uid=999,gid=999,mode=0700",
      `--mount=type=volume,source=${data},target=/var/lib/postgresql`,
      `--mount=type=volume,source=${repository},target=${repositoryFolder},readonly`,
      ...[
        "--entrypoint=/usr/local/lib/pgtenants/restore.sh",
        config.get("postgresImage") ?? postgresImageTag(),
        "latest",
      ],
    ]);
  } catch (error) {
    // It fails only where there is no cluster, and a server that is started on what is there would begin an empty one.
    docker("volume", "rm", data);
    throw error;
  }
}

/** Does nothing where it is there. */
function makeVolume(name: string, labels: readonly Label<string>[]): void {
  docker("volume", "create", ...labelled(labels), name);
}

function labelled(labels: readonly Label<string>[]): string[] {
  return labels.flatMap(({ label, value }) => ["--label", `${label}=${value}`]);
}
