import { hardenedRun } from "../components/hardening.ts";

/**
 * The arguments of `docker run` for a shell in the tenants' image, up to the shell's own: it has volumes and no network, is the user whose files
 * they hold, and is gone when it ends.
 * @param mounts values of `--mount`. @param limits arguments that win over those that every such container has.
 */
export function volumeShell(image: string, mounts: readonly string[], limits: readonly string[] = []): string[] {
  const isolation = ["--network=none", "--user=999:999", ...hardenedRun, ...limits];
  const mounted = mounts.map((mount) => `--mount=${mount}`);
  const run = ["run", "--rm", "--pull=never", "--label=dev.pgtenants.project=pgtenants", ...isolation, ...mounted];
  return [...run, "--entrypoint=sh", image];
}
