import { lines } from "../../components/dockerCli.ts";
import { docker } from "../engine.ts";
import type { PgsContainer } from "./pgsContainers.ts";
import { findContainer } from "./pgsContainers.ts";
import type { LookedAt } from "./planTenant.ts";
import type { PgsTenant } from "./readPgs.ts";
import { lookAt } from "./session.ts";
import { expectedCluster, lookAtVolume } from "./volume.ts";

/** Where the official image has its volume since version 18, and before. */
const mountPoints = ["/var/lib/postgresql", "/var/lib/postgresql/data"];

/** What a look needs to know besides the tenant. */
export interface Surroundings {
  /** pgs's folder, absolute. */
  readonly folder: string;
  /** The tenants' image, which looks into volumes. */
  readonly image: string;
  /** The name of a tenant's container here. */
  readonly containerOf: (id: string) => string;
  /** The volume that tenants.yaml has for an id, for those whose container was removed since. */
  readonly volumeOf: (id: string) => string | undefined;
}

/** Looks at a tenant of pgs: its container, its volume and, where it runs, its cluster. Changes nothing. @throws OperatorError. */
export function lookAtTenant(pgs: PgsTenant, { folder, image, containerOf, volumeOf }: Surroundings): LookedAt {
  const container = findContainer(pgs.container, folder);
  const volume = volumeAt(container) ?? volumeOf(pgs.id);
  const there = volume !== undefined && lines(docker("volume", "ls", "--quiet")).includes(volume);
  const files = there ? lookAtVolume(volume, image) : undefined;
  const asked = container?.state === "running" && files?.clusters.includes(expectedCluster) && !files.adopted;
  return {
    pgs,
    container,
    volume,
    files,
    strangers: there ? strangersOn(volume, [container?.name, containerOf(pgs.id)]) : [],
    cluster: asked ? lookAt({ container: container.name, superuser: pgs.user }, pgs.database) : undefined,
  };
}

function volumeAt(container: PgsContainer | undefined): string | undefined {
  const found = mountPoints.map((place) => container?.mounts.find(({ Destination }) => Destination === place));
  return found.find((mount) => mount !== undefined)?.Name;
}

function strangersOn(volume: string, known: readonly (string | undefined)[]): string[] {
  const running = lines(docker("ps", "--filter", `volume=${volume}`, "--format", "{{.Names}}"));
  return running.filter((name) => !known.includes(name));
}
