import { spawn } from "node:child_process";
import { lines } from "../../components/dockerCli.ts";
import { hardenedRun, serverTmpfsRun } from "../../components/hardening.ts";
import { project } from "../../components/names.ts";
import type { Tenant } from "../../tenants/tenant.ts";
import { docker } from "../engine.ts";
import { OperatorError } from "../operatorError.ts";
import { DeploymentError, exitCodes } from "./failures.ts";

/** A container that runs one of the image's scripts beside the tenant's own and goes. */
export interface ThrowAway {
  /** Its name on the engine; also of the volume that goes with it. */
  readonly name: string;
  readonly stack: string;
  readonly image: string;
  /** Gives it its memory and shares. */
  readonly tenant: Pick<Tenant, "memoryMiB" | "cpuShares">;
  readonly script: string;
  readonly args: readonly string[];
  /** Values of `--mount`. */
  readonly mounts: readonly string[];
  /** Standard input; where secrets go. */
  readonly input: string;
}

/** How a throw-away container ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** No label of the stack: what finds a killed deployment's leftovers by those would take it for one. */
function labels(stack: string): string[] {
  return [`dev.pgtenants.project=${project}`, `dev.pgtenants.throwaway=${stack}`];
}

/** The arguments of `docker run`. Pure. */
export function throwAwayArguments({ name, stack, image, tenant, script, args, mounts }: ThrowAway): string[] {
  return [
    ...["run", "--rm", "--init", "--interactive", "--pull=never", `--name=${name}`, "--network=none", "--user=999:999"],
    ...labels(stack).map((label) => `--label=${label}`),
    ...hardenedRun,
    ...[`--memory=${tenant.memoryMiB}m`, `--memory-swap=${tenant.memoryMiB}m`, `--cpu-shares=${tenant.cpuShares}`],
    "--pids-limit=128",
    ...serverTmpfsRun,
    ...mounts.map((mount) => `--mount=${mount}`),
    ...[`--entrypoint=/usr/local/lib/pgtenants/${script}`, image, ...args],
  ];
}

/** Makes a volume that goes with the container of that name. */
export function makeThrowAwayVolume(name: string, stack: string): void {
  docker("volume", "create", ...labels(stack).map((label) => `--label=${label}`), name);
}

/** Ctrl-C, as long as something is under way that is to be cleaned up after it. */
export interface Interrupts {
  readonly signal: AbortSignal;
  /** @throws DeploymentError after Ctrl-C. */
  readonly refuse: () => void;
  /** From then on Ctrl-C ends the process. */
  readonly stop: () => void;
}

/** The first Ctrl-C ends what is under way, the second the process: what it leaves goes with the next. */
export function watchInterrupts(): Interrupts {
  const abort = new AbortController();
  const interrupt = () => {
    if (abort.signal.aborted) process.exit(exitCodes.interrupted);
    abort.abort();
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return {
    signal: abort.signal,
    refuse: () => {
      if (!abort.signal.aborted) return;
      throw new DeploymentError("interrupted", "nothing was changed; run it again", "interrupted", false);
    },
    stop: () => process.off("SIGINT", interrupt).off("SIGTERM", interrupt),
  };
}

/**
 * Runs it to its end, whatever that is; the container is gone then, also after Ctrl-C.
 * @throws DeploymentError after Ctrl-C.
 */
export async function runThrowAway(what: ThrowAway, { signal, refuse }: Interrupts): Promise<Ended> {
  refuse();
  const child = spawn("docker", throwAwayArguments(what), { stdio: "pipe" });
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  try {
    const ended = await new Promise<Ended>((resolve, reject) => {
      const output = { stdout: "", stderr: "" };
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        output.stdout += chunk;
      });
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        output.stderr += chunk;
      });
      child.once("error", (error) => reject(new OperatorError(`docker: ${error.message}`, "install docker")));
      child.once("close", (code) => resolve({ code, ...output }));
      child.stdin.on("error", () => undefined);
      child.stdin.end(what.input);
    });
    refuse();
    return ended;
  } finally {
    removeContainers(
      lines(docker("ps", "--all", "--quiet", "--filter", `name=^/${what.name.replaceAll(".", "\\.")}$`)),
    );
    signal.removeEventListener("abort", kill);
  }
}

/** Removes what killed commands left, or what one has just ended with: those containers and volumes whose name ends so. */
export function removeThrownAway(stack: string, ending: string): void {
  const filters = labels(stack).flatMap((label) => ["--filter", `label=${label}`]);
  const named = (...args: readonly string[]) =>
    lines(docker(...args, ...filters)).filter((name) => name.endsWith(ending));
  removeContainers(named("ps", "--all", "--format", "{{.Names}}"));
  const volumes = named("volume", "ls", "--quiet");
  if (volumes.length > 0) docker("volume", "rm", "--force", ...volumes);
}

function removeContainers(containers: readonly string[]): void {
  if (containers.length > 0) docker("rm", "--force", "--volumes", ...containers);
}

/** What a script said last, without the blanks around it. */
export function lastWords(text: string): string {
  return text.trim().split("\n").slice(-4).join("\n");
}
