import { parsePasswords } from "../../components/structuredSettings.ts";
import type { Entry } from "../../tenants/edit.ts";
import type { Tenant } from "../../tenants/tenant.ts";
import { messageOf } from "../operatorError.ts";
import type { ClusterLook } from "./clusterLook.ts";
import { changesFor, refusalsOf } from "./judge.ts";
import type { PgsContainer } from "./pgsContainers.ts";
import type { PgsTenant } from "./readPgs.ts";
import { expectedCluster, type VolumeLook } from "./volume.ts";

/** A tenant of pgs with what was found on the engine. */
export interface LookedAt {
  readonly pgs: PgsTenant;
  /** Undefined where there is none. */
  readonly container: PgsContainer | undefined;
  /** The name of its volume; undefined where its data is in none. */
  readonly volume: string | undefined;
  readonly files: VolumeLook | undefined;
  /** Containers that run on the volume, and are neither its own nor the tenant's here. */
  readonly strangers: readonly string[];
  /** What the running server says of itself; undefined where it was not asked. */
  readonly cluster: ClusterLook | undefined;
}

export interface PlannedTenant {
  readonly pgs: PgsTenant;
  readonly volume: string;
  readonly usedMiB: number;
  readonly entry: Entry;
  /** pgs's container, where the cluster is still pgs's; undefined where an import has taken it over before. */
  readonly takeFrom: PgsContainer | undefined;
  /** What will be different for it. */
  readonly changes: readonly string[];
}

/** What tenants get by default, in MiB. One that uses more than half of it gets twice what it uses. */
const defaultDisk = 10_240;

/** What becomes of a tenant, or why it cannot be taken over, each with what to do. Pure. */
export function planTenant(look: LookedAt, listed: readonly Tenant[]): PlannedTenant | { readonly refusals: string[] } {
  const { pgs, container, volume, files } = look;
  const refuse = (...lines: string[]) => ({ refusals: lines.map((line) => `${pgs.id}: ${line}`) });
  if (volume === undefined) return refuse(whyNoVolume(look));
  if (files === undefined)
    return refuse(`got no volume ${volume} on this engine, expected the one that tenants.yaml names`);
  const refusals = [
    ...(files.adopted ? [] : clusterRefusals(look, volume, files)),
    ...passwordRefusals(pgs),
    ...listRefusals(look, volume, files, listed),
    ...look.strangers.map(
      (name) => `got the container ${name} on the volume ${volume}, expected pgs's own only; stop it`,
    ),
  ];
  if (refusals.length > 0) return refuse(...refusals);
  const { usedMiB } = files;
  return {
    pgs,
    volume,
    usedMiB,
    entry: entryOf(pgs, volume, usedMiB),
    takeFrom: files.adopted ? undefined : container,
    changes: look.cluster === undefined ? [] : changesFor(look.cluster),
  };
}

/** What keeps the connection strings working, and nothing that is the default. */
function entryOf({ id, user, database, access }: PgsTenant, volume: string, usedMiB: number): Entry {
  return {
    id,
    user,
    database,
    ...(usedMiB * 2 > defaultDisk ? { disk: `${Math.ceil((usedMiB * 2) / 1024)} GB` } : {}),
    ...(access ? {} : { access: { enabled: false } }),
    password: "custom",
    volume,
  };
}

function whyNoVolume({ pgs, container }: LookedAt): string {
  const name = pgs.container.containerName ?? pgs.container.name;
  if (container === undefined)
    return `got no container ${name} on this engine, expected that of docker-compose.yml; make it: pgs start ${pgs.id}`;
  const places = container.mounts.map((mount) => mount.Destination);
  const got = places.length === 0 ? "no volume" : `volumes at ${places.join(", ")}`;
  return `got ${got} in ${name}, expected a named one at /var/lib/postgresql, where version 18 keeps its data; move the data with pg_dump`;
}

function clusterRefusals({ pgs, container, cluster }: LookedAt, volume: string, files: VolumeLook): string[] {
  const { clusters, uid } = files;
  if (/^[0-9a-f]{64}$/.test(volume))
    return [
      "got its data in an anonymous volume, which goes with its container, expected a named one; move it with pg_dump",
    ];
  if (uid !== undefined && uid !== "999")
    return [
      `got files of the user ${uid} in the volume ${volume}, expected 999: an image based on Alpine made them, whose C library sorts text in ` +
        "another way; move the data with pg_dump",
    ];
  if (!clusters.includes(expectedCluster))
    return [
      `got ${clusters.length === 0 ? "no cluster" : clusters.join(", ")} on the volume ${volume}, expected ${expectedCluster}; ` +
        "upgrade it in pgs first with pg_upgrade, or make a new tenant and move the data with pg_dump",
    ];
  if (cluster !== undefined) return refusalsOf(pgs, cluster);
  const { name = "of docker-compose.yml", state = "gone" } = container ?? {};
  return [
    `got the container ${name} ${state}, expected it to run, so that its data can be looked at; docker start ${name}`,
  ];
}

function passwordRefusals({ id, user, password }: PgsTenant): string[] {
  try {
    parsePasswords({ [id]: password });
    return [];
  } catch (error) {
    const [said = ""] = messageOf(error).split("; set another");
    return [`${said}; give it another one in pgs first: ALTER ROLE ${user} PASSWORD …, and in docker-compose.yml`];
  }
}

function listRefusals({ pgs }: LookedAt, volume: string, files: VolumeLook, listed: readonly Tenant[]): string[] {
  const entry = listed.find(({ id }) => id === pgs.id);
  if (entry === undefined) {
    if (!files.adopted) return [];
    return [
      `got the volume ${volume}, which pgtenants has taken over, expected its entry in tenants.yaml; put it back`,
    ];
  }
  const same = entry.adoptedVolume === volume && entry.owner === pgs.user && entry.database === pgs.database;
  return same ? [] : ["got an id that is in tenants.yaml already, expected a new one; give one of the two another id"];
}
