import * as z from "zod";
import { docker } from "../engine.ts";
import type { ContainerRef } from "./readPgs.ts";

/** A container of pgs, as the engine has it. */
export interface PgsContainer {
  readonly name: string;
  /** The engine's word: running, exited, … */
  readonly state: string;
  /** What the engine does when it ends by itself, as `--restart` takes it. */
  readonly restart: string;
  /** Where it keeps data: what is mounted there, and the volume's name where it is one. */
  readonly mounts: readonly { readonly Destination: string; readonly Name?: string | undefined }[];
}

/** How long a server may take for its last checkpoint, in seconds. */
const stopSeconds = "120";

const details = z.object({
  Name: z.string(),
  State: z.object({ Status: z.string() }),
  HostConfig: z.object({ RestartPolicy: z.object({ Name: z.string(), MaximumRetryCount: z.number() }) }),
  Mounts: z.array(z.object({ Destination: z.string(), Name: z.string().optional() })),
});

/** A container of a pgs folder; undefined where there is none. @param folder absolute, which Compose labels its containers with. */
export function findContainer({ name, containerName }: ContainerRef, folder: string): PgsContainer | undefined {
  const label = "label=com.docker.compose";
  const filters =
    containerName === undefined
      ? ["--filter", `${label}.service=${name}`, "--filter", `${label}.project.working_dir=${folder}`]
      : ["--filter", `name=^/?${containerName}$`];
  const [id = ""] = docker("ps", "--all", "--quiet", ...filters).split("\n");
  if (id === "") return undefined;
  const { Name, State, HostConfig, Mounts } = details.parse(
    JSON.parse(docker("inspect", "--format", "{{json .}}", id)),
  );
  const { Name: policy, MaximumRetryCount: most } = HostConfig.RestartPolicy;
  const restart = policy === "" ? "no" : policy;
  return {
    name: Name.slice(1),
    state: State.Status,
    restart: most > 0 ? `${restart}:${most}` : restart,
    mounts: Mounts,
  };
}

/** Stops containers, and keeps the engine from starting them when it starts itself. Nothing is removed. */
export function stopContainers(containers: readonly PgsContainer[]): void {
  for (const { name } of containers) {
    docker("update", "--restart=no", name);
    docker("stop", "--time", stopSeconds, name);
  }
}

/** Starts them again, last first, under their old rule. */
export function startAgain(containers: readonly PgsContainer[]): void {
  for (const { name, restart } of containers.toReversed()) {
    docker("update", `--restart=${restart}`, name);
    docker("start", name);
  }
}
