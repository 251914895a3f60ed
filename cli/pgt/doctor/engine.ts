import * as z from "zod";
import { docker } from "../../engine.ts";
import { error, type Finding, ok, warning } from "../finding.ts";

const engineInfo = z.object({
  ServerVersion: z.string(),
  CgroupVersion: z.string().optional(),
  MemoryLimit: z.boolean(),
  SwapLimit: z.boolean(),
  PidsLimit: z.boolean(),
  CPUShares: z.boolean(),
  DockerRootDir: z.string(),
  ContainersRunning: z.number(),
  SecurityOptions: z.array(z.string()).nullable(),
  Swarm: z.object({ LocalNodeState: z.string() }),
});

/** What `docker info` says of the engine, as far as pgt looks at it. */
export type EngineDescription = z.infer<typeof engineInfo>;

/** The oldest engine that this program was tried on. */
const oldest = [20, 10] as const;

/** @throws OperatorError when no engine answers. */
export function describeEngine(): EngineDescription {
  return engineInfo.parse(JSON.parse(docker("info", "--format", "{{json .}}")));
}

/** Whether the engine is new enough, and can hold tenants to their limits. */
export function judgeEngine(engine: EngineDescription): Finding[] {
  const { ServerVersion, CgroupVersion = "1" } = engine;
  const [major = 0, minor = 0] = ServerVersion.split(".").map(Number);
  const old = major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
  const version = `Docker ${ServerVersion}, cgroup v${CgroupVersion}`;
  return [
    old
      ? error("engine", `${version}, expected ${oldest.join(".")} or newer`, "install a newer Docker")
      : ok("engine", version),
    ...judgeLimits(engine),
  ];
}

function judgeLimits({ MemoryLimit, PidsLimit, CPUShares, SwapLimit }: EngineDescription): Finding[] {
  const able = { "a tenant's memory": MemoryLimit, "its processes": PidsLimit, "its share of the CPU": CPUShares };
  const missing = Object.entries(able).flatMap(([what, can]) => (can ? [] : [what]));
  if (missing.length > 0) {
    const fix = "start the kernel with cgroup_enable=memory, and with the pids and cpu controllers";
    return [error("limits", `the kernel cannot limit ${missing.join(", ")}: one tenant can take all of it`, fix)];
  }
  if (!SwapLimit) {
    return [
      warning(
        "limits",
        "the kernel does not count swap: a tenant over its memory swaps",
        "start the kernel with swapaccount=1",
      ),
    ];
  }
  return [ok("limits", "memory, swap, processes and CPU can be limited")];
}
