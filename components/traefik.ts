import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { sayWhy } from "./containerFailure.ts";
import { type Route, renderDynamicConfig } from "./dynamicConfig.ts";
import { hardened, routerLimits } from "./hardening.ts";
import { ownerLabels, stateLabel, typeTokens } from "./names.ts";
import type { Settings } from "./settings.ts";
import { staticArguments, volumeFolder } from "./staticConfig.ts";

export interface TraefikArgs {
  readonly settings: Settings;
  /** One route per tenant. A change is taken over by the running router; no session ends. */
  readonly routes: readonly Route[];
  /** The name of this stack's state, for the containers' labels; see `stateLabel`. */
  readonly state: pulumi.Input<string>;
}

/** Time for open handshakes at a stop. Sessions end with the router whatever it is, so waiting longer would only delay the next one. */
const stopSeconds = 15;

/** Limit of processes and threads. The router was seen to take 9 threads under 200 connections on 2 cores; Go adds about one for each core. */
const mostProcesses = 512;

/** Who owns the router's files, by the image; the router's own group may read them. */
const writer = "65531:65532";

/** How long the router may take from its start to its listener; it was seen to take a fifth of a second. */
const readySeconds = 15;

/**
 * The one router, and the only listener on the public port. It runs in the host's network, as an ordinary user without any capability:
 * clients keep their real addresses, and no proxy or address translation stands before it.
 *
 * Routes and certificate reach it as files in a volume, so neither ever replaces the container; the files belong to another user, so it cannot
 * change them. A deployment succeeds only when the router itself listens on its port.
 */
export class Traefik extends pulumi.ComponentResource {
  /**
   * Done when a running router works by the routes of this deployment. What must not begin under the old ones depends on it: a session that is
   * ended before could come back in by a route that was to be closed.
   */
  readonly routesWritten: pulumi.Resource;

  constructor(name: string, args: TraefikArgs, opts?: pulumi.ComponentResourceOptions) {
    super(typeTokens.traefik, name, {}, opts);
    const { bundle, fingerprint } = args.settings.certificate;
    const child = { parent: this };
    const certificateFile = `certificates/${fingerprint}.pem`;

    const volume = createVolume(name, args, child);
    const container = createContainer(name, args, volume, child);
    // First, since nothing can be written into a router that does not run, and this is what says why it does not.
    const listening = createReadinessStep(name, args, container, child);
    const writeFile = fileWriter(container);
    const certificate = writeFile(`${name}-certificate`, certificateFile, pulumi.secret(bundle), {
      ...child,
      dependsOn: listening,
    });
    // Traefik does not watch certificates: a new one has a new path, which changes this file, and must be there first.
    const text = renderDynamicConfig(args.routes, `${volumeFolder}/${certificateFile}`);
    this.routesWritten = writeFile(`${name}-routes`, "routes/dynamic.yml", text, { ...child, dependsOn: certificate });
    this.registerOutputs({});
  }
}

function createVolume(name: string, { settings }: TraefikArgs, opts: pulumi.CustomResourceOptions): docker.Volume {
  return new docker.Volume(
    `${name}-files`,
    { name: settings.names.routerFiles, labels: ownerLabels(settings.stack) },
    opts,
  );
}

type FileWriter = (
  name: string,
  path: string,
  content: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
) => command.local.Command;

/**
 * Writes files into the router's volume, by standard input: a command line or environment would end at 128 KiB, near 400 tenants. In the
 * running router, for a container of its own took most of a second; as another user than the router is, which may read the files and not
 * change them.
 */
function fileWriter(container: docker.Container): FileWriter {
  return (name, path, content, opts) => {
    const create =
      `docker exec --interactive --user ${writer} "$CONTAINER" /usr/local/lib/pgtenants/write-file.sh "$FILE" "$BYTES" || ` +
      sayWhy;
    const environment = {
      // A new container writes them again: its volume may be new as well.
      CONTAINER: container.id,
      FILE: path,
      // How long a key is, is no secret.
      BYTES: pulumi.unsecret(pulumi.output(content).apply(byteLength)),
    };
    const quiet = { logging: command.local.Logging.None, addPreviousOutputInEnv: false };
    return new command.local.Command(name, { create, environment, stdin: content, ...quiet }, opts);
  };
}

function byteLength(content: string): string {
  return String(Buffer.byteLength(content));
}

function createContainer(
  name: string,
  { settings, state }: TraefikArgs,
  volume: docker.Volume,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  return new docker.Container(
    `${name}-router`,
    {
      ...hardened,
      ...routerLimits,
      name: settings.names.stack,
      image: settings.traefikImage,
      command: staticArguments(settings),
      user: "65532:65532",
      networkMode: "host",
      mounts: [{ type: "volume", source: volume.name, target: volumeFolder }],
      stopTimeout: stopSeconds,
      destroyGraceSeconds: stopSeconds,
      labels: [...ownerLabels(settings.stack), stateLabel(state)],
    },
    { ...opts, deleteBeforeReplace: true },
  );
}

/**
 * Where the port is taken Docker calls the container "running" while it restarts for ever: so the listener itself is looked for. Then the
 * limit of processes is set, as the provider has no field for it: this step runs for each new container, and a restart keeps the limit. Not
 * before: a container that restarts cannot be updated, and that would be the first thing to be read.
 */
function createReadinessStep(
  name: string,
  { settings }: TraefikArgs,
  container: docker.Container,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return new command.local.Command(
    `${name}-listening`,
    {
      create:
        'docker exec "$CONTAINER" /usr/local/lib/pgtenants/ready.sh "$PORT" "$READY_SECONDS" && ' +
        `docker update --pids-limit "$PROCESSES" "$CONTAINER" >/dev/null || ${sayWhy}`,
      environment: {
        CONTAINER: container.id,
        PORT: String(settings.port),
        READY_SECONDS: String(readySeconds),
        PROCESSES: String(mostProcesses),
      },
      logging: command.local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    opts,
  );
}
