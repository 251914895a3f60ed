import { docker, dockerLines } from "../../components/dockerCli.ts";

/** The machine of the published row: for all tenants together here. */
const [cpus, memoryMiB] = [1, 512];

/** The kernel gives a quota for each 100 ms, in microseconds. */
const periodMicroseconds = 100_000;

/** A server with its connections does not work in less. */
const leastMiB = 64;

/**
 * Gives the tenants of a stack one cpu and 512 MB together, in equal parts, while `work` is done, and their own limits again afterwards.
 * @param stack its name, such as `dev`.
 * @throws Error where there are no running tenants, or too many for the memory.
 */
export async function withLimits<T>(stack: string, work: (limits: string) => Promise<T>): Promise<T> {
  const filters = [`label=dev.pgtenants.stack=${stack}`, "label=dev.pgtenants.tenant"];
  const containers = await dockerLines("ps", "--quiet", ...filters.flatMap((filter) => ["--filter", filter]));
  const share = Math.floor(memoryMiB / containers.length);
  if (containers.length === 0 || share < leastMiB)
    throw new Error(
      `stack ${stack}: got ${containers.length} running tenants, expected 1 to ${memoryMiB / leastMiB}, ` +
        `which share ${memoryMiB} MB; leave --limit out for more`,
    );
  const before = await Promise.all(containers.map(memoryOf));
  try {
    const quota = Math.floor((cpus * periodMicroseconds) / containers.length);
    await docker("update", `--cpu-quota=${quota}`, ...memory(`${share}m`, `${share}m`), ...containers);
    return await work(
      `${containers.length} servers with ${(cpus / containers.length).toFixed(2)} cpu and ${share} MB each, ` +
        `${cpus} cpu and ${memoryMiB} MB together`,
    );
  } finally {
    for (const { container, bytes, swap } of before)
      await docker("update", "--cpu-quota=-1", ...memory(bytes, swap), container);
  }
}

async function memoryOf(container: string) {
  const format = "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}}";
  const [bytes = "", swap = ""] = (await docker("inspect", "--format", format, container)).split(" ");
  return { container, bytes, swap };
}

function memory(size: string, withSwap: string): string[] {
  return [`--memory=${size}`, `--memory-swap=${withSwap}`];
}
