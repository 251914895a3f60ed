import { overlaps } from "../../../components/addresses.ts";
import { lines } from "../../../components/dockerCli.ts";
import { outputOf, run } from "./shell.ts";

/** Ranges that are nobody's on the internet: the second half of the benchmarking range (RFC 2544), and the end of the shared one (RFC 6598). */
const testRanges = ["198.19", "100.127"];

/** A subnet of up to 2^(32 - prefix) addresses that overlaps no network on the engine. `prefix` is from 16 to 24. */
export async function freeSubnet(prefix = 24): Promise<string> {
  const ids = (await outputOf("docker", ["network", "ls", "--quiet"])).split("\n");
  const taken = (await Promise.all(ids.map(subnetsOf))).flat();
  const [count, size] = [2 ** (prefix - 16), 2 ** (24 - prefix)];
  const start = Math.floor(Math.random() * count);
  const candidates = testRanges.flatMap((range) =>
    Array.from({ length: count }, (_, step) => `${range}.${((start + step) % count) * size}.0/${prefix}`),
  );
  const free = candidates.find((candidate) => !taken.some((subnet) => overlaps(candidate, subnet)));
  if (free === undefined)
    throw new Error(`every /${prefix} of ${testRanges.join(" and ")} is taken by a Docker network`);
  return free;
}

/** Of one network; none when another test has removed it meanwhile. */
async function subnetsOf(network: string): Promise<string[]> {
  const format = "{{range .IPAM.Config}}{{.Subnet}} {{end}}";
  const { stdout } = await run("docker", ["network", "inspect", "--format", format, network]);
  return stdout.split(/\s+/).filter((subnet) => subnet !== "");
}

/** How many are removed by one command: hundreds by one would take it minutes. */
const atOnce = 25;

/** Removes what a stack left on the engine: containers, networks, volumes with its label. */
export async function removeByStack(stack: string): Promise<void> {
  for (const kind of ["container", "network", "volume"]) {
    const [all, ownVolumes] = kind === "container" ? [["--all"], ["--volumes"]] : [[], []];
    const filter = ["--filter", `label=dev.pgtenants.stack=${stack}`];
    const found = lines(await outputOf("docker", [kind, "ls", "--quiet", ...all, ...filter]));
    for (let start = 0; start < found.length; start += atOnce)
      await outputOf("docker", [kind, "rm", "--force", ...ownVolumes, ...found.slice(start, start + atOnce)]);
  }
}

/** One value of a container, by a Go template. */
export function inspect(container: string, format: string): Promise<string> {
  return outputOf("docker", ["inspect", "--format", format, container]);
}

/** A container's id and the time of its last start: both stay the same exactly as long as it was neither replaced nor restarted. */
export function identity(container: string): Promise<string> {
  return inspect(container, "{{.Id}} {{.State.StartedAt}}");
}
