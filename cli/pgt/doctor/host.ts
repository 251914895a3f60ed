import { execFile } from "node:child_process";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { promisify } from "node:util";
import { formatMiB } from "../../../tenants/units.ts";
import { error, type Finding, ok, warning } from "../finding.ts";

const bytesPerMiB = 1024 * 1024;

/** Below it the disk guard makes every tenant read-only: 1 GiB, or a twentieth of a smaller disk. */
const leastFree = { mebibytes: 1024, share: 0.05 };

/** From here on there is time to do something about it. */
const lowFree = 0.15;

const bridgeFilter = "/proc/sys/net/bridge/bridge-nf-call-iptables";

/** The kernel lets Docker's rules keep containers of one bridge apart only while it shows them the bridge's traffic. */
export function bridgeFilterFinding(): Finding {
  const check = "br_netfilter";
  if (process.platform !== "linux") return ok(check, "not looked at: the engine has a machine of its own");
  const on = existsSync(bridgeFilter) && readFileSync(bridgeFilter, "utf8").trim() === "1";
  if (on) return ok(check, "tenants cannot reach one another on their bridge");
  const fix =
    "modprobe br_netfilter && sysctl net.bridge.bridge-nf-call-iptables=1, and both in /etc/modules-load.d and /etc/sysctl.d";
  return error(check, "off: tenants reach one another on their bridge", fix);
}

/** The disk that the engine keeps its volumes on. */
export function diskFinding(rootFolder: string): Finding {
  if (!existsSync(rootFolder))
    return ok("disk", `not looked at: the engine keeps its data on another machine, in ${rootFolder}`);
  const { bavail, blocks, bsize } = statfsSync(rootFolder);
  return judgeDisk(rootFolder, Math.floor((bavail * bsize) / bytesPerMiB), Math.floor((blocks * bsize) / bytesPerMiB));
}

export function judgeDisk(folder: string, freeMiB: number, sizeMiB: number): Finding {
  const found = `${roughly(freeMiB)} of ${roughly(sizeMiB)} free in ${folder}`;
  const fix = "make room, or move the engine's data to a larger disk";
  if (freeMiB < Math.min(leastFree.mebibytes, leastFree.share * sizeMiB)) {
    return error("disk", `${found}: every tenant is read-only until there is more`, fix);
  }
  return freeMiB < lowFree * sizeMiB ? warning("disk", found, fix) : ok("disk", found);
}

/** To the GiB, where that is near enough. */
function roughly(mebibytes: number): string {
  return formatMiB(mebibytes < 10 * 1024 ? mebibytes : Math.round(mebibytes / 1024) * 1024);
}

/** Certificates end by the clock, and so do removals' confirmations. */
export async function clockFinding(): Promise<Finding> {
  const now = new Date().toISOString();
  try {
    const show = ["show", "--property=NTPSynchronized", "--value"];
    const { stdout } = await promisify(execFile)("timedatectl", show, { timeout: 5000 });
    if (stdout.trim() === "yes") return ok("clock", `${now}, synchronized`);
    return warning("clock", `${now}, not synchronized`, "timedatectl set-ntp true, or another NTP client");
  } catch {
    return ok("clock", `${now}; whether it is synchronized cannot be told here`);
  }
}
