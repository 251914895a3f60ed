import { readFileSync } from "node:fs";
import { postgresImageTag } from "../../../components/images.ts";
import { typeTokens } from "../../../components/names.ts";
import { poolerFolder } from "../../../components/pgbouncerIni.ts";
import { parseSharedSpecs } from "../../../components/sharedSpec.ts";
import { nameIn, type StateResource } from "../../../components/stackState.ts";
import { parseTenantSpec } from "../../../components/tenantSpec.ts";
import { type DeployedFile, digestOf } from "./compareFiles.ts";
import type { DeployedServer } from "./compareServer.ts";
import { byReplacing, byStep } from "./fixes.ts";
import { engineName, environmentOf, type StateTree, stdinOf } from "./stateTree.ts";

/** A tenant's server: what is in its database, and the files that its deployment wrote. */
export interface DeployedInside extends DeployedServer {
  readonly files: readonly DeployedFile[];
  readonly diskMiB: number;
  /** BACKUP, FULL, INCREMENTAL and TIME_ZONE of its step, a line each. */
  readonly schedule: string;
  readonly keepDays: number;
  /** What the step of its own connection pool was told; undefined where it has none. */
  readonly pool: string | undefined;
}

/** What a running tenant's server was given; nothing where its container or its step are not in the state. */
export function deployedServer(tree: StateTree, tenant: StateResource): DeployedInside[] {
  const id = nameIn(tenant.urn);
  const [container, step, pools] = ["server", "sql", "pools"].map((part) => tree.partOf(tenant, part));
  if (container === undefined || step === undefined) return [];
  const [backupConfig = "", spec = ""] = stdinOf(step).split("\n");
  const { DISK_MIB = "", BACKUP, FULL, INCREMENTAL, TIME_ZONE } = environmentOf(step);
  const name = engineName(container);
  const again = byStep(`${id}-sql`);
  const folder = "/var/lib/postgresql";
  const config = Buffer.from(backupConfig, "base64").toString();
  const schedule = [BACKUP, FULL, INCREMENTAL, TIME_ZONE].map((field) => `${field}\n`).join("");
  const written = (kind: DeployedFile["kind"], path: string, text: string, fix = again): DeployedFile => ({
    kind,
    path,
    digests: [digestOf(text)],
    fix,
  });
  return [
    {
      id,
      container: name,
      spec: parseTenantSpec(spec),
      ...sharingOf(tree, id),
      diskMiB: Number(DISK_MIB),
      schedule,
      keepDays: Number(/^repo1-retention-full=(\d+)$/m.exec(config)?.[1]),
      pool: pools === undefined ? undefined : stdinOf(pools),
      files: [
        written("backup-settings", `${folder}/backup/pgbackrest.conf`, config),
        written("backup-settings", `${folder}/backup/schedule`, schedule),
        written("disk-limit", `${folder}/disk-limit`, `${DISK_MIB}\n`),
        ...certificateFiles(tree, tenant),
        ...loginRules(container, name),
      ],
    },
  ];
}

/** Everybody on an instance; nothing for any other server. */
function sharingOf(tree: StateTree, id: string): Pick<DeployedServer, "sharing"> {
  const step = sharingStep(tree, id, "sql");
  return step === undefined ? {} : { sharing: parseSharedSpecs(stdinOf(step)).tenants };
}

function certificateFiles(tree: StateTree, tenant: StateResource): DeployedFile[] {
  const step = tree.partOf(tenant, "certificate");
  if (step === undefined) return [];
  const path = `/var/lib/postgresql/tls/${environmentOf(step)["FINGERPRINT"]}.pem`;
  const id = nameIn(tenant.urn);
  const fix = byStep(`${id}-certificate`, `${id}-sql`);
  return [{ kind: "tenant-certificate", path, digests: [digestOf(stdinOf(step))], fix }];
}

/** What the disk guard puts before the rules while the disk is full: images/postgres/guard.sh. */
const rejectAll = "host all all all reject\nlocal all all reject\n";

/** Those of the image are known for the image that this checkout makes; another one's are what they are. */
function loginRules({ inputs }: StateResource, container: string): DeployedFile[] {
  const guards: DeployedFile = {
    kind: "login-rules",
    path: "/run/postgresql/reject.conf",
    digests: [digestOf(""), digestOf(rejectAll)],
    fix: `the disk guard writes it anew at its next look, within a minute; where it does not: docker restart ${container}`,
  };
  if (inputs?.["image"] !== postgresImageTag()) return [guards];
  const ofImage = ["pg_hba.conf", "pg_ident.conf", "pooler_hba.conf"].map((file): DeployedFile => {
    const text = readFileSync(new URL(`../../../images/postgres/${file}`, import.meta.url), "utf8");
    return {
      kind: "login-rules",
      path: `/etc/pgtenants/${file}`,
      digests: [digestOf(text)],
      fix: byReplacing(container),
    };
  });
  return [guards, ...ofImage, ...ofImage.flatMap((file) => (sharesSocket(inputs) ? inForce(file) : []))];
}

/** Whether a server has a connection pool, whose login rules it puts in force when it starts. */
function sharesSocket(inputs: StateResource["inputs"]): boolean {
  return JSON.stringify(inputs?.["mounts"] ?? []).includes(`"${poolerFolder}"`);
}

function inForce(file: DeployedFile): DeployedFile[] {
  return file.path.endsWith("/pooler_hba.conf") ? [{ ...file, path: "/run/postgresql/pooler_hba.conf" }] : [];
}

/** A step for everybody on an instance. */
export function sharingStep(tree: StateTree, id: string, part: string): StateResource | undefined {
  const sharing = tree.ofType(typeTokens.sharedTenants).find(({ urn }) => nameIn(urn) === `${id}-tenants`);
  return sharing === undefined ? undefined : tree.partOf(sharing, part);
}

/** What tells a verifier from another, and is no secret itself. */
export function verifierDigest({ spec }: DeployedServer): string {
  return digestOf(spec.verifier);
}
