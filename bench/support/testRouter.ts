import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Route, renderDynamicConfig } from "../../components/dynamicConfig.ts";
import { hardened, routerLimits } from "../../components/hardening.ts";
import { traefikImageTag } from "../../components/images.ts";
import { staticArguments, volumeFolder } from "../../components/staticConfig.ts";
import { inspect } from "../../test/e2e/support/engine.ts";
import { freePort, type TestStack } from "../../test/e2e/support/testStack.ts";
import { pemBundle } from "./benchStack.ts";
import { outputOf } from "./execute.ts";

/** A Traefik of the bench's own, as the program starts one, with routes that the bench writes. It goes with the stack's other things. */
export interface TestRouter {
  readonly port: number;
  /** Writes the routes beside their file and renames it into place, as the program does; what comes back is when that was done. */
  readonly write: (routes: readonly Route[]) => number;
  /** Seconds of processor time that it has taken since its start. */
  readonly cpuSeconds: () => number;
}

const nobody = 65_532;

/** Starts it, without routes. */
export async function startTestRouter(at: TestStack): Promise<TestRouter> {
  const folder = join(at.folder, "router");
  const own = process.getuid?.() ?? nobody;
  const uid = own === 0 ? nobody : own;
  const give = (path: string, mode: number) => {
    chmodSync(path, mode);
    if (own === 0) chownSync(path, uid, uid);
  };
  for (const path of [folder, join(folder, "routes"), join(folder, "certificates")]) {
    mkdirSync(path);
    give(path, 0o700);
  }
  const certificate = "certificates/bundle.pem";
  writeFileSync(join(folder, certificate), pemBundle(at));
  give(join(folder, certificate), 0o600);

  const write = (routes: readonly Route[]) => {
    const file = join(folder, "routes", "dynamic.yml");
    const beside = join(folder, "dynamic.yml.new");
    writeFileSync(beside, renderDynamicConfig(routes, `${volumeFolder}/${certificate}`));
    give(beside, 0o600);
    renameSync(beside, file);
    return performance.now();
  };
  write([]);
  const port = await freePort();
  const name = `${at.router}-reload`;
  await outputOf("docker", [
    ...["run", "--detach", "--name", name, "--label", `dev.pgtenants.stack=${at.name}`, "--network=host"],
    ...[`--user=${uid}:${uid}`, "--cap-drop=ALL", ...hardened.securityOpts.map((option) => `--security-opt=${option}`)],
    ...[`--memory=${routerLimits.memory}m`, `--cpu-shares=${routerLimits.cpuShares}`, "--read-only"],
    ...routerLimits.ulimits.map(({ name: limit, soft, hard }) => `--ulimit=${limit}=${soft}:${hard}`),
    ...["--volume", `${folder}:${volumeFolder}:ro`, traefikImageTag()],
    ...staticArguments({ listenAddress: "127.0.0.1", port, proxyProtocolFrom: [] }),
  ]);
  const pid = Number(await inspect(name, "{{.State.Pid}}"));
  return { port, write, cpuSeconds: () => cpuSecondsOf(pid) };
}

/** The kernel counts processor time for programs in hundredths of a second (USER_HZ), whatever its own tick is. */
const ticksPerSecond = 100;

function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field, the command's name, may hold blanks and parentheses: what counts begins behind the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
