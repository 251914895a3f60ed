import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The Traefik that is built or downloaded. At least 3.7.0: earlier lines have faults in the PostgreSQL handshake (GHSA-89p3-4642-cr2w, traefik#12842). */
export const traefikVersion = "3.7.9";

/** The PostgreSQL of the tenants' image. Another minor version is a new tag: it restarts every tenant. Another major one needs pg_upgrade. */
export const postgresVersion = "18.6";

/** The Debian that the image of the off-site copies is made of: the newest release that has rclone. */
export const offsiteDebian = "trixie";

/** No registry answers at this name, so an image that set-up has not built is an error, never somebody else's image from a public registry. */
const namespace = "localhost/pgtenants";

/**
 * The tag of the image that tenants run, derived from the files it is built from: set-up builds it and the program uses it.
 * A change of those files is a new tag, so a preview shows every tenant's container as replaced.
 */
export function postgresImageTag(): string {
  return `${namespace}/postgres:${postgresVersion}-${digestOfFolder("postgres")}`;
}

/** The tag of the router's image; see {@link postgresImageTag}. */
export function traefikImageTag(): string {
  return `${namespace}/traefik:${traefikVersion}-${digestOfFolder("traefik")}`;
}

/** The tag of the image that copies backups elsewhere; see {@link postgresImageTag}. */
export function offsiteImageTag(): string {
  return `${namespace}/offsite:${offsiteDebian}-${digestOfFolder("offsite")}`;
}

/** The tag of the image that runs connection pools, made of the same base as the tenants'; see {@link postgresImageTag}. */
export function poolerImageTag(): string {
  return `${namespace}/pooler:${postgresVersion}-${digestOfFolder("pooler")}`;
}

/** Whether an image can only come from set-up. */
export function isOwnImage(image: string): boolean {
  return image.startsWith(`${namespace}/`);
}

function digestOfFolder(name: string): string {
  const folder = fileURLToPath(new URL(`../images/${name}/`, import.meta.url));
  const digest = createHash("sha256");
  for (const file of readdirSync(folder).sort()) {
    digest
      .update(`${file}\0`)
      .update(readFileSync(folder + file))
      .update("\0");
  }
  return digest.digest("hex").slice(0, 12);
}
