import { readFileSync } from "node:fs";
import { hardenedRun } from "../../../components/hardening.ts";
import { offsiteImageTag } from "../../../components/images.ts";
import { labelArguments, ownerLabels } from "../../../components/names.ts";
import { type Credentials, type OffsitePlace, parseCredentials } from "../../../components/offsiteSettings.ts";
import { renderEncoded } from "../../../components/pgbackrestConfig.ts";
import { renderKnownHosts, renderRcloneConfig, storeFolder } from "../../../components/rcloneConfig.ts";
import { docker, dockerReading } from "../../engine.ts";
import { messageOf, OperatorError } from "../../operatorError.ts";
import type { Context } from "../context.ts";

/** Brings things back from the store; each in a container of its own, on a network that is there for that alone. */
export interface OpenStore {
  /** The newest state, as `pulumi stack export` printed it. @throws OperatorError where there is none. */
  readonly state: () => string;
  /** The newest sealed keys. */
  readonly keys: () => string;
  /** Fills a volume with a tenant's repository; what is in it already is not fetched again. */
  readonly repository: (origin: string, volume: string) => void;
}

/** Opens the store for as long as `work` takes. */
export async function withStore(
  { config, stack }: Context,
  place: OffsitePlace,
  credentials: Credentials,
  work: (store: OpenStore) => Promise<void>,
): Promise<void> {
  const rclone = renderRcloneConfig(place, credentials, config.names.stack, "/tmp");
  const input = renderEncoded(rclone) + renderEncoded(renderKnownHosts(place.store));
  const network = `${config.names.stack}_recovery`;
  const labels = labelArguments(ownerLabels(stack));
  const folder =
    place.store.type === "path" ? [`--mount=type=bind,source=${place.store.path},target=${storeFolder}`] : [];
  const fetch = (args: readonly string[], ...mounts: readonly string[]) =>
    dockerReading(input, [
      ...["run", "--rm", "--interactive", "--pull=never", "--user=999:999", `--network=${network}`, ...labels],
      ...[...hardenedRun, "--memory=512m", "--memory-swap=512m", "--pids-limit=128"],
      ...["--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=64m", ...folder, ...mounts],
      ...["--entrypoint=/usr/local/lib/pgtenants/fetch.sh", config.get("offsiteImage") ?? offsiteImageTag(), ...args],
    ]);
  docker("network", "create", ...labels, network);
  try {
    await work({
      state: () => fetch(["state"]),
      keys: () => fetch(["keys"]),
      repository: (origin, volume) => {
        fetch(["repository", origin], `--mount=type=volume,source=${volume},target=/repository`);
      },
    });
  } finally {
    docker("network", "rm", network);
  }
}

/**
 * How to log in to the store, from a file: what the setting `offsiteCredentials` holds, as JSON, or for SFTP the private key itself.
 * @throws OperatorError when it is missing or of another form.
 */
export function readCredentials({ store }: OffsitePlace, file: string | undefined): Credentials {
  const fix =
    "--credentials <file>, with what the setting offsiteCredentials holds: as JSON, or for SFTP the private key";
  try {
    const text = file === undefined ? undefined : readFileSync(file, "utf8");
    const value = text?.startsWith("-----BEGIN ") ? { privateKey: text } : text && JSON.parse(text);
    return parseCredentials(store.type, value);
  } catch (error) {
    throw new OperatorError(messageOf(error), fix);
  }
}
