import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { hardened, poolerTmpfs, serverTmpfsRun } from "../../../components/hardening.ts";
import { poolerImageTag, postgresImageTag } from "../../../components/images.ts";
import { renderEncoded } from "../../../components/pgbackrestConfig.ts";
import { poolerFolder } from "../../../components/pgbouncerIni.ts";
import { settingArguments, startSettings } from "../../../components/serverSettings.ts";
import { tenant } from "../../support/tenants.ts";
import { removeByStack } from "./engine.ts";
import { type Finished, outputOf, run } from "./shell.ts";

/** Containers of the tenants' image without a deployment, as components/tenantServer.ts would run them, but on no network. */
export interface ImageBench {
  /** A new volume; of that many MiB and in memory where `sizeMiB` is given, and then empty again when its last container stops. */
  readonly volume: (sizeMiB?: number) => Promise<string>;
  /** Starts a tenant's server on a volume and waits until it answers. Gives the container's name. */
  readonly start: (
    volume: string,
    settings?: Readonly<Record<string, string>>,
    options?: readonly string[],
  ) => Promise<string>;
  /** Starts a container for connection pools on a volume that a server shares. Gives its name. */
  readonly startPooler: (shared: string) => Promise<string>;
  /** Runs one of the image's scripts in a throw-away container as the program does, with `input` for it. */
  readonly runOnce: (
    script: string,
    args: readonly string[],
    options: readonly string[],
    input: string,
  ) => Promise<Finished>;
  /** Runs a server that is expected to end at once. */
  readonly tryStart: (volume: string) => Promise<Finished>;
  /** Runs a shell script in a throw-away container on a volume, without the image's entrypoint. */
  readonly prepare: (volume: string, script: string, user?: string) => Promise<string>;
  /** Starts a container that runs a shell script instead of the image's entrypoint; `options` are further ones of `docker run`. */
  readonly runScript: (volume: string, script: string, options?: readonly string[]) => Promise<string>;
  /** Removes everything that was made. */
  readonly remove: () => Promise<void>;
}

const scripts = "/usr/local/lib/pgtenants";

export function makeImageBench(): ImageBench {
  const stack = `image-${randomBytes(3).toString("hex")}`;
  const labels = ["--label", "dev.pgtenants.project=pgtenants", "--label", `dev.pgtenants.stack=${stack}`];
  let made = 0;
  const nextName = () => `pgtenants-${stack}.${made++}`;
  const restricted = [
    ...["--init", "--read-only", "--network", "none", "--pids-limit", "128", "--user", "999:999"],
    ...hardened.capabilities.drops.flatMap((capability) => ["--cap-drop", capability]),
    ...hardened.securityOpts.flatMap((option) => ["--security-opt", option]),
    ...serverTmpfsRun,
  ];
  const mounted = (volume: string) => ["--mount", `type=volume,source=${volume},target=/var/lib/postgresql`];
  const server = (settings: Readonly<Record<string, string>>) => [
    ...[postgresImageTag(), "postgres"],
    ...settingArguments({ ...startSettings(tenant()), ...settings }),
  ];
  const detached = async (args: readonly string[]) => {
    const name = nextName();
    await outputOf("docker", ["run", "--detach", "--name", name, ...labels, ...restricted, ...args]);
    return name;
  };
  return {
    volume: async (sizeMiB) => {
      const name = nextName();
      const options = sizeMiB === undefined ? [] : ["type=tmpfs", "device=tmpfs", `o=size=${sizeMiB}m,uid=999,gid=999`];
      await outputOf("docker", [
        "volume",
        "create",
        ...labels,
        ...options.flatMap((option) => ["--opt", option]),
        name,
      ]);
      return name;
    },
    start: async (volume, settings = {}, options = []) => {
      const name = await detached([...mounted(volume), ...options, ...server(settings)]);
      await answers(name);
      return name;
    },
    startPooler: async (shared) => {
      const name = nextName();
      await outputOf("docker", [
        ...["run", "--detach", "--name", name, ...labels, "--read-only", "--network", "none", "--user", "998:998"],
        ...hardened.capabilities.drops.flatMap((capability) => ["--cap-drop", capability]),
        ...hardened.securityOpts.flatMap((option) => ["--security-opt", option]),
        ...Object.entries(poolerTmpfs).map(([folder, options]) => `--tmpfs=${folder}:${options}`),
        ...["--mount", `type=volume,source=${shared},target=${poolerFolder}`, poolerImageTag()],
      ]);
      return name;
    },
    runOnce: (script, args, options, input) =>
      run(
        "docker",
        [
          ...["run", "--rm", "--interactive", ...labels, ...restricted, ...options],
          ...["--entrypoint", `${scripts}/${script}`, postgresImageTag(), ...args],
        ],
        input,
      ),
    tryStart: (volume) => run("docker", ["run", "--rm", ...labels, ...restricted, ...mounted(volume), ...server({})]),
    prepare: (volume, script, user = "999:999") => {
      const shell = ["--entrypoint", "sh", postgresImageTag(), "-euc", script];
      return outputOf("docker", ["run", "--rm", ...labels, "--user", user, ...mounted(volume), ...shell]);
    },
    runScript: (volume, script, options = []) =>
      detached([...mounted(volume), ...options, "--entrypoint", "sh", postgresImageTag(), "-euc", script]),
    remove: () => removeByStack(stack),
  };
}

/** Waits until the server in a container answers; that it ended is an error with its log. */
export async function answers(container: string): Promise<void> {
  try {
    await until(async () => (await exec(container, ["pg_isready", "--quiet"])).code === 0, "the server answers");
  } catch (error) {
    const { stderr } = await run("docker", ["logs", "--tail", "20", container]);
    throw new Error(`${container}: ${stderr}`, { cause: error });
  }
}

/** Waits up to half a minute for what is named. */
export async function until(condition: () => Promise<boolean>, name: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited 30 s in vain until ${name}`);
    await sleep(100);
  }
}

/** Runs a command in a container; gives what it ended with. */
export function exec(container: string, command: readonly string[], input = ""): Promise<Finished> {
  return run("docker", ["exec", "--interactive", container, ...command], input);
}

/** The output of a shell script in a container, expected to succeed. */
export function shell(container: string, script: string): Promise<string> {
  return outputOf("docker", ["exec", container, "sh", "-euc", script]);
}

/** Runs one of the image's own scripts. */
export function script(container: string, name: string, args: readonly string[] = [], input = ""): Promise<Finished> {
  return exec(container, [`${scripts}/${name}`, ...args], input);
}

/** Runs SQL as the program's step does, with the words and the configuration that decide about backups; by default there are none. */
export function applySql(
  container: string,
  limits: { readonly readySeconds: number; readonly diskMiB: number },
  sql: string,
  backups: { readonly words: readonly string[]; readonly config: string } = noBackups,
): Promise<Finished> {
  const words = [String(limits.readySeconds), String(limits.diskMiB), ...backups.words];
  return script(container, "apply.sh", words, renderEncoded(backups.config) + sql);
}

const noBackups = { words: ["no", "never", "never", "UTC"], config: "" };

/** What a statement of the superuser prints. */
export function asSuperuser(container: string, sql: string): Promise<string> {
  return outputOf("docker", [
    "exec",
    container,
    "psql",
    "--no-psqlrc",
    "--tuples-only",
    "--no-align",
    "--command",
    sql,
  ]);
}

/** Runs SQL over TCP, as a tenant's client would. `who` is a connection string; its password is nobody's. */
export function overTcp(container: string, who: string, sql: string): Promise<Finished> {
  const options = ["--no-psqlrc", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"];
  return exec(container, ["psql", ...options, "--file=-", `host=127.0.0.1 ${who}`], sql);
}
