import { parseLook, swapState } from "../../../cli/pgt/inPlace.ts";
import { type BackedUp, repositoryMount } from "./backupBench.ts";
import { exec, type ImageBench, script, until } from "./imageContainer.ts";
import { type Finished, outputOf } from "./shell.ts";

/** Makes a second cluster beside the live one, as pgt does. */
export function fillBeside(bench: ImageBench, server: BackedUp, target: readonly string[]): Promise<Finished> {
  const mounts = [
    ...["--mount", `type=volume,source=${server.volume},target=/var/lib/postgresql`],
    ...repositoryMount(server.repository, "readonly"),
  ];
  return bench.runOnce("in-place.sh", ["fill", ...target], mounts, "");
}

/** Runs one of the steps that are for the server's own container, expected to succeed. */
export async function step({ container }: BackedUp, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await script(container, "in-place.sh", args);
  if (code !== 0) throw new Error(`in-place.sh ${args.join(" ")} ended with ${code}: ${stderr}`);
  return stdout.trim();
}

export const look = async (server: BackedUp) => parseLook(await step(server, "look"));

/** Waits until a swap that was asked for is done, or refused. */
export async function swapEnds(server: BackedUp) {
  let state: ReturnType<typeof swapState> = "going on";
  await until(async () => {
    const { code, stdout } = await script(server.container, "in-place.sh", ["look"]);
    state = code === 0 ? swapState(parseLook(stdout)) : "going on";
    return state !== "going on";
  }, "the swap ends");
  return state;
}

/** Asks for a swap and restarts the container; gives what became of it. */
export async function swap(server: BackedUp, what: string, ...cluster: readonly string[]) {
  await step(server, "ask", what, ...cluster);
  await outputOf("docker", ["restart", server.container]);
  return await swapEnds(server);
}

/** The system identifier of a cluster in the volume. */
export async function identifier({ container }: BackedUp, folder = "docker"): Promise<string> {
  const { stdout } = await exec(container, ["pg_controldata", `/var/lib/postgresql/18/${folder}`]);
  return /^Database system identifier: +(\d+)$/m.exec(stdout)?.[1] ?? "none";
}
