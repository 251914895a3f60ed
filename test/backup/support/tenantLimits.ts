import { tenant } from "../../support/tenants.ts";

const { memoryMiB, cpuShares } = tenant();

/** Options of `docker run` for the limits of a small tenant, which the program gives its containers. */
export const limits = [
  ...["--memory", `${memoryMiB}m`, "--memory-swap", `${memoryMiB}m`],
  ...["--cpu-shares", `${cpuShares}`, "--shm-size", "1g"],
];
