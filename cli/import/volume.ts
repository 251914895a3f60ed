import { docker } from "../engine.ts";
import { messageOf, OperatorError } from "../operatorError.ts";
import { volumeShell } from "../volumeShell.ts";

/** What a volume holds, as its files say. */
export interface VolumeLook {
  /** The clusters in it: version and folder. */
  readonly clusters: readonly string[];
  /** Whose files they are; the servers of the official image and of ours run as 999, but not those of one based on Alpine. */
  readonly uid: string | undefined;
  readonly usedMiB: number;
  /** Whether a server of pgtenants has run on it. */
  readonly adopted: boolean;
}

/** The one cluster that can be taken over: that of the official image of version 18. */
export const expectedCluster = "version 18 in ./18/docker";

const root = "/var/lib/postgresql";
const cluster = `${root}/18/docker`;
const lookScript = `cd ${root}
for file in ./PG_VERSION ./*/PG_VERSION ./*/docker/PG_VERSION; do
  if [ -s "$file" ]; then echo "version $(cat "$file") in \${file%/PG_VERSION}"; fi
done
if [ -d ${cluster} ]; then echo "uid $(stat -c %u ${cluster})"; fi
if [ -e ${cluster}/pgtenants.superuser ]; then echo adopted; fi
echo "used $(du -sm . | cut -f 1)"`;

/** The lock is the one that the image's entrypoint takes: no server of pgtenants runs beside this one. */
const tryScript = `exec 9<${root}
flock --nonblock 9
echo 'SELECT 1' | postgres --single -D ${cluster} -c exit_on_error=on -c shared_buffers=16MB template1 >/dev/null`;

/** Looks at a volume's files, also while a server runs on it. @param image the tenants'. @throws OperatorError when the engine does not do it. */
export function lookAtVolume(volume: string, image: string): VolumeLook {
  return parseLook(runOn(volume, image, lookScript, ",readonly,volume-nocopy"));
}

/**
 * Starts the tenants' image on a stopped cluster once, by itself: what does not start there, as with a library that it does not have, is found
 * while the cluster still is as it was. @throws OperatorError with the server's words.
 */
export function tryCluster(id: string, volume: string, image: string): void {
  try {
    runOn(volume, image, tryScript, "", "--memory=512m", "--memory-swap=512m");
  } catch (error) {
    throw new OperatorError(
      `${id}: the server of pgtenants does not start on the volume ${volume}; it says:\n${messageOf(error)}`,
      "mend that in pgs, and import again; nothing was changed",
    );
  }
}

function runOn(volume: string, image: string, script: string, mode: string, ...limits: readonly string[]): string {
  const mount = `type=volume,source=${volume},target=${root}${mode}`;
  return docker(...volumeShell(image, [mount], limits), "-euc", script);
}

/** Reads what the script prints. */
export function parseLook(printed: string): VolumeLook {
  const lines = printed.split("\n");
  const after = (word: string) => lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  return {
    clusters: lines.filter((line) => line.startsWith("version ")),
    uid: after("uid"),
    usedMiB: Number(after("used")),
    adopted: lines.includes("adopted"),
  };
}
