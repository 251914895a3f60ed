import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The Traefik that is built or downloaded. At least 3.7.0: earlier lines have faults in the PostgreSQL handshake (GHSA-89p3-4642-cr2w, traefik#12842). */
export const traefikVersion = "3.7.9";

/** The PostgreSQL major version of the image; the data folder carries it too. */
export const postgresMajor = "18";

/**
 * The tag of the image that tenants run, derived from the files it is built from: set-up builds it and the program uses it.
 * A change of those files is a new tag, so a preview shows every tenant's container as replaced.
 */
export function postgresImageTag(): string {
  return `pgtenants/postgres:${postgresMajor}-${digestOfFolder("postgres")}`;
}

/** The tag of the router's image; see {@link postgresImageTag}. */
export function traefikImageTag(): string {
  return `pgtenants/traefik:${traefikVersion}-${digestOfFolder("traefik")}`;
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
