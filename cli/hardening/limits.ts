import { type Check, foundIf } from "./check.ts";

/** How much of the host a container may use, and how it is kept running. */
export const limits: readonly Check[] = [
  {
    id: "5.1",
    title: "runs on an engine that is in no swarm",
    check: (_, { Swarm }) => foundIf(Swarm.LocalNodeState !== "inactive", `the swarm is ${Swarm.LocalNodeState}`),
  },
  {
    id: "5.11",
    title: "has a memory limit, and no swap beside it",
    check: ({ HostConfig: { Memory, MemorySwap } }) => {
      if (Memory === 0) return "no memory limit";
      return foundIf(MemorySwap !== Memory, `Memory is ${Memory}, MemorySwap is ${MemorySwap}`);
    },
  },
  {
    id: "5.12",
    title: "has a share of the CPU",
    check: ({ HostConfig: { CpuShares, NanoCpus } }) => foundIf(CpuShares === 0 && NanoCpus === 0, "CpuShares is 0"),
  },
  {
    id: "5.15",
    title: "is restarted five times at most",
    check: ({ HostConfig: { RestartPolicy } }) => {
      const { Name, MaximumRetryCount } = RestartPolicy;
      const bounded =
        Name === "" || Name === "no" || (Name === "on-failure" && MaximumRetryCount <= 5 && MaximumRetryCount > 0);
      return foundIf(!bounded, `restart policy is ${Name}`);
    },
  },
  {
    id: "5.19",
    title: "has a limit of open files of its own",
    check: ({ HostConfig: { Ulimits } }) =>
      foundIf(Ulimits?.some(({ Name }) => Name === "nofile") !== true, "no nofile in Ulimits"),
  },
  {
    id: "5.25",
    title: "is in the engine's own cgroup",
    check: ({ HostConfig: { CgroupParent } }) => foundIf(CgroupParent !== "", `CgroupParent is ${CgroupParent}`),
  },
  {
    id: "5.27",
    title: "has a health check of the engine's",
    check: ({ Config: { Healthcheck } }) =>
      foundIf(["", "NONE"].includes(Healthcheck?.Test?.[0] ?? ""), "no health check"),
  },
  {
    id: "5.28",
    title: "runs an image of a stated version",
    check: ({ Config: { Image } }) => foundIf(!/@sha256:|:(?!latest$)[^/:]+$/.test(Image), `the image is ${Image}`),
  },
  {
    id: "5.29",
    title: "has a limit of processes",
    check: ({ HostConfig: { PidsLimit } }) => foundIf((PidsLimit ?? 0) <= 0, "no pids limit"),
  },
];
