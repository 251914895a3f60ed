import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { sayWhy } from "./containerFailure.ts";
import { hardened, offsiteLimits } from "./hardening.ts";
import { ownerLabels, stateLabel, typeTokens } from "./names.ts";
import { renderEncoded } from "./pgbackrestConfig.ts";
import { offsiteFolder, renderKnownHosts, renderRcloneConfig, storeFolder } from "./rcloneConfig.ts";
import type { Offsite as OffsiteSettings, Settings } from "./settings.ts";
import type { Repository } from "./tenantServer.ts";

/** A tenant whose backups are copied. */
interface CopiedTenant {
  readonly id: string;
  /** The id that names its volumes, and its folder in the store. */
  readonly origin: string;
  readonly repository: Repository;
  /** Whether it goes by itself: such a one is not copied, and its coming and going changes nothing here. */
  readonly ephemeral: boolean;
}

export interface OffsiteArgs {
  readonly settings: Settings;
  readonly offsite: OffsiteSettings;
  /** Another list replaces the container, which goes on where the last one was. */
  readonly tenants: readonly CopiedTenant[];
  /** The name of this stack's state, for the container's labels; see `stateLabel`. */
  readonly state: pulumi.Input<string>;
}

/** What is under way at a stop is begun again, so there is nothing to wait for. */
const stopSeconds = 5;

/** Limit of processes and threads: four copies at a time, each of a shell, Perl and rclone, which takes a dozen threads or two. */
const mostProcesses = 256;

/**
 * The one container of a stack that copies the tenants' repositories to a store elsewhere. It may only read them, has no way to the tenants
 * and none to Docker, and deletes nothing in the store: so a tenant that destroys its own backups does not destroy the copy.
 *
 * Where the store is and how to log in there goes by standard input into a volume of its own. With it go the repositories' keys, sealed with
 * the recovery passphrase, because whoever has lost everything else needs them.
 */
export class Offsite extends pulumi.ComponentResource {
  constructor(name: string, given: OffsiteArgs, opts?: pulumi.ComponentResourceOptions) {
    super(typeTokens.offsite, name, {}, opts);
    const child = { parent: this };
    // Another order of the list is no change.
    const staying = given.tenants.filter(({ ephemeral }) => !ephemeral);
    const tenants = staying.toSorted((one, other) => (one.origin < other.origin ? -1 : 1));
    const args = { ...given, tenants };
    const network = createNetwork(name, args, child);
    const volume = createVolume(name, args, child);
    const container = createContainer(name, args, network, volume, child);
    const config = createConfigStep(name, args, container, child);
    createKeysStep(name, args, container, { ...child, dependsOn: config });
    this.registerOutputs({});
  }
}

/** The way out, which the tenants' bridge does not have. */
function createNetwork(name: string, { settings }: OffsiteArgs, opts: pulumi.CustomResourceOptions): docker.Network {
  return new docker.Network(
    `${name}-network`,
    { name: settings.names.offsite, driver: "bridge", labels: ownerLabels(settings.stack) },
    { ...opts, deleteBeforeReplace: true },
  );
}

function createVolume(name: string, { settings }: OffsiteArgs, opts: pulumi.CustomResourceOptions): docker.Volume {
  return new docker.Volume(
    `${name}-files`,
    { name: settings.names.offsite, labels: ownerLabels(settings.stack) },
    opts,
  );
}

function createContainer(
  name: string,
  { settings, offsite, tenants, state }: OffsiteArgs,
  network: docker.Network,
  volume: docker.Volume,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  const repositories = tenants.map(({ origin, repository }) => ({
    type: "volume",
    source: repository.volume.name,
    target: `/repositories/${origin}`,
    readOnly: true,
  }));
  const { store } = offsite;
  const folder = store.type === "path" ? [{ type: "bind", source: store.path, target: storeFolder }] : [];
  return new docker.Container(
    `${name}-copier`,
    {
      ...hardened,
      ...offsiteLimits,
      name: settings.names.offsite,
      image: settings.offsiteImage,
      init: true,
      command: [String(offsite.intervalSeconds)],
      user: "999:999",
      networkMode: "bridge",
      networksAdvanced: [{ name: network.name }],
      mounts: [{ type: "volume", source: volume.name, target: offsiteFolder }, ...repositories, ...folder],
      tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=128m" },
      stopTimeout: stopSeconds,
      destroyGraceSeconds: stopSeconds,
      labels: [...ownerLabels(settings.stack), stateLabel(state)],
    },
    { ...opts, deleteBeforeReplace: true },
  );
}

const quiet = { logging: command.local.Logging.None, addPreviousOutputInEnv: false };

/** Credentials, by standard input; in use from the next round on. The limit of processes is set here because the provider knows none. */
function createConfigStep(
  name: string,
  { settings, offsite }: OffsiteArgs,
  container: docker.Container,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const config = renderRcloneConfig(offsite, offsite.credentials, settings.names.stack);
  return new command.local.Command(
    `${name}-config`,
    {
      create:
        'docker update --pids-limit "$PROCESSES" "$CONTAINER" >/dev/null && ' +
        `docker exec --interactive "$CONTAINER" /usr/local/lib/pgtenants/write-config.sh || ${sayWhy}`,
      environment: { CONTAINER: container.id, PROCESSES: String(mostProcesses) },
      stdin: pulumi.secret(renderEncoded(config) + renderEncoded(renderKnownHosts(offsite.store))),
      ...quiet,
    },
    opts,
  );
}

/** Sealed by a process of its own: what age makes is another text each time, which would be a change at every deployment. */
function createKeysStep(
  name: string,
  { offsite, tenants }: OffsiteArgs,
  container: docker.Container,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const keys = pulumi.all(
    tenants.map(({ id, origin, repository }) => repository.key.apply((key) => ({ id, origin, key }))),
  );
  const { passphrase } = offsite;
  return new command.local.Command(
    `${name}-keys`,
    {
      create:
        'node components/sealKeys.ts | docker exec --interactive "$CONTAINER" /usr/local/lib/pgtenants/put.sh keys .age || ' +
        sayWhy,
      // Another store has to have them too.
      environment: { CONTAINER: container.id, STORE: JSON.stringify({ ...offsite.store, prefix: offsite.prefix }) },
      stdin: pulumi.secret(keys.apply((list) => JSON.stringify({ passphrase, tenants: list }))),
      ...quiet,
    },
    opts,
  );
}
