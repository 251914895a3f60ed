import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type Route, renderDynamicConfig } from "./dynamicConfig.ts";
import { hardened } from "./hardening.ts";
import { ownerLabels, typeTokens } from "./names.ts";
import type { Settings } from "./settings.ts";
import { staticArguments, volumeFolder } from "./staticConfig.ts";

export interface TraefikArgs {
  readonly settings: Settings;
  /** One route per tenant. A change is taken over by the running router; no session ends. */
  readonly routes: readonly Route[];
}

/** Time for open handshakes at a stop. Sessions end with the router whatever it is, so waiting longer would only delay the next one. */
const stopSeconds = 15;

/**
 * The one router, and the only listener on the public port. It runs in the host's network, as an ordinary user without any capability:
 * clients keep their real addresses, and no proxy or address translation stands before it.
 *
 * Routes and certificate reach it as files in a volume, so neither ever replaces the container.
 */
export class Traefik extends pulumi.ComponentResource {
  constructor(name: string, args: TraefikArgs, opts?: pulumi.ComponentResourceOptions) {
    super(typeTokens.traefik, name, {}, opts);
    const { settings, routes } = args;
    const child = { parent: this };
    const { certificate } = settings;
    const certificateFile = `certificates/${certificate.fingerprint}.pem`;

    const volume = createVolume(name, settings, child);
    const pair = writeFile(
      `${name}-certificate`,
      certificateFile,
      pulumi.secret(certificate.bundle),
      volume,
      settings,
      child,
    );
    // Traefik does not watch certificates: a new one has a new path, which changes this file, and must be there first.
    const text = renderDynamicConfig(routes, `${volumeFolder}/${certificateFile}`);
    const routing = writeFile(`${name}-routes`, "routes/dynamic.yml", text, volume, settings, {
      ...child,
      dependsOn: pair,
    });
    createContainer(name, settings, volume, { ...child, dependsOn: routing });
    this.registerOutputs({});
  }
}

function createVolume(name: string, settings: Settings, opts: pulumi.CustomResourceOptions): docker.Volume {
  return new docker.Volume(`${name}-files`, { name: settings.names.stack, labels: ownerLabels(settings.stack) }, opts);
}

/**
 * Writes a file into the router's volume, by standard input: a command line or environment would end at 128 KiB, near 400 tenants.
 * A container of its own does it, so that it works whether or not the router runs.
 */
function writeFile(
  name: string,
  path: string,
  content: pulumi.Input<string>,
  volume: docker.Volume,
  settings: Settings,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return new command.local.Command(
    name,
    {
      create:
        "docker run --rm --interactive --network none --read-only --cap-drop ALL --security-opt no-new-privileges:true " +
        '--mount "type=volume,source=$VOLUME,target=$FOLDER" --entrypoint /usr/local/lib/pgtenants/write-file.sh "$IMAGE" "$FILE"',
      environment: { VOLUME: volume.name, FOLDER: volumeFolder, IMAGE: settings.traefikImage, FILE: path },
      stdin: content,
      logging: command.local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    opts,
  );
}

function createContainer(
  name: string,
  settings: Settings,
  volume: docker.Volume,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  return new docker.Container(
    `${name}-router`,
    {
      ...hardened,
      name: settings.names.stack,
      image: settings.traefikImage,
      command: staticArguments(settings.listenAddress, settings.port),
      user: "65532:65532",
      networkMode: "host",
      mounts: [{ type: "volume", source: volume.name, target: volumeFolder, readOnly: true }],
      stopTimeout: stopSeconds,
      destroyGraceSeconds: stopSeconds,
      labels: ownerLabels(settings.stack),
    },
    { ...opts, deleteBeforeReplace: true },
  );
}
