import { shown } from "./resource.ts";

const digest = /^(?:[^\s@]+@)?sha256:[0-9a-f]{64}$/;

/** Of an image that set-up builds: no registry answers at its name, and its tag ends in a hash of the folder that it is built from. */
const contentTag = /^localhost\/pgtenants\/[a-z0-9-]+:[A-Za-z0-9_.]+-[0-9a-f]{12}$/;

/** What runs is what was looked at: a name that can mean another image tomorrow is refused. */
export function movingImage(image: unknown): string[] {
  if (typeof image !== "string" || digest.test(image) || contentTag.test(image)) return [];
  return [
    `got image: ${shown(image)}, expected one by digest (name@sha256:…), or one that set-up built (localhost/pgtenants/name:version-hash); ` +
      `docker image inspect --format '{{index .RepoDigests 0}}' ${image} prints the name to set, as with: pulumi config set postgresImage <name>`,
  ];
}
