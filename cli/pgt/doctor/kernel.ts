import { existsSync, readFileSync } from "node:fs";
import { type Finding, ok, warning } from "../finding.ts";
import type { EngineDescription } from "./engine.ts";

/** A setting of the kernel that ends the number of containers on a machine. */
interface KernelLimit {
  readonly setting: string;
  /** How much of it one tenant takes. */
  readonly each: number;
  /** Enough for a thousand tenants. */
  readonly enough: number;
  /** Whether the engine's kind of control groups needs it. */
  readonly applies?: (engine: EngineDescription) => boolean;
}

const limits: readonly KernelLimit[] = [
  // Eight processes of an idle tenant and a dozen threads of its containerd-shim, counted.
  { setting: "kernel.pid_max", each: 20, enough: 4_194_304 },
  // One address of the bridge; the table is the machine's, whatever the network.
  { setting: "net.ipv4.neigh.default.gc_thresh3", each: 1, enough: 16_384 },
  // The shim watches a container's memory events by one (containerd issue 10468).
  {
    setting: "fs.inotify.max_user_instances",
    each: 1,
    enough: 8192,
    applies: ({ CgroupVersion }) => CgroupVersion === "2",
  },
];

/** From this share of a limit on it is time to raise it. */
const high = 0.8;

/** How many containers the kernel's settings have room for. `read` gives a setting's value, undefined where it cannot be read. */
export function judgeKernel(
  engine: EngineDescription,
  read: (setting: string) => number | undefined = readSetting,
): Finding {
  const rooms = limits
    .filter(({ applies }) => applies?.(engine) ?? true)
    .flatMap((limit) => {
      const value = read(limit.setting);
      return value === undefined ? [] : [{ ...limit, value, room: Math.floor(value / limit.each) }];
    })
    .sort((a, b) => a.room - b.room);
  const [least] = rooms;
  if (least === undefined) return ok("kernel", "not looked at: the engine has a machine of its own");
  const found = `${engine.ContainersRunning} containers run, room for some ${least.room} (${least.setting} is ${least.value})`;
  if (engine.ContainersRunning < high * least.room) return ok("kernel", found);
  return warning("kernel", found, `sysctl ${least.setting}=${least.enough}, and the same in /etc/sysctl.d`);
}

function readSetting(setting: string): number | undefined {
  const file = `/proc/sys/${setting.replaceAll(".", "/")}`;
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
}
