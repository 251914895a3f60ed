import { readFileSync } from "node:fs";
import * as command from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { isTrusted, PRELOADED } from "../tenants/extensions.ts";
import type { ImportSource, Tenant } from "../tenants/tenant.ts";
import { hardenedRun, serverTmpfsRun } from "./hardening.ts";
import { ownerLabels, stateLabel } from "./names.ts";
import type { Settings } from "./settings.ts";
import { parseSourceUrl, renderSource } from "./sourceUrl.ts";

/** What is to be filled, and from where. */
export interface ImportArgs {
  readonly tenant: Tenant;
  readonly settings: Settings;
  /** The name of this stack's state, for the containers' labels; see `stateLabel`. */
  readonly state: pulumi.Input<string>;
  /** The new tenant's volume. */
  readonly volume: docker.Volume;
  readonly source: ImportSource;
}

/** Runs on this machine, relative to the project's folder. */
const script = "components/importTenant.sh";

/**
 * Fills a new tenant's volume from a dump, or from another server. Does nothing on a volume that holds a cluster. Fails where not all of it
 * can be loaded; the tenant is not started then, and the next deployment begins anew.
 *
 * A URL stays in the state, encrypted, until the entry has no `from` any more.
 */
export function createImportStep(
  name: string,
  { tenant, settings, state, volume, source }: ImportArgs,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const labels = [...ownerLabels(settings.stack), stateLabel("$STATE")].map(
    ({ label, value }) => `"--label=${label}=${value}"`,
  );
  return new command.local.Command(
    `${name}-import`,
    {
      create: `bash ${script} ${[...hardenedRun, ...serverTmpfsRun].join(" ")} ${labels.join(" ")}`,
      environment: {
        STATE: state,
        IMAGE: settings.postgresImage,
        NAME: `${settings.names.tenant(tenant.id)}_import`,
        VOLUME: volume.name,
        OWNER: tenant.owner,
        DATABASE: tenant.database,
        MEMORY_MIB: String(tenant.memoryMiB),
        CPU_SHARES: String(tenant.cpuShares),
        DISK_MIB: String(tenant.diskMiB),
        ...superusersExtensions(tenant),
        SOURCE: source.kind === "url" ? "" : source.path,
      },
      // Without a URL the script says so, where it would need one.
      stdin: pulumi.secret(source.kind === "url" ? sourceOf(settings.imports.get(tenant.id)) : ""),
      // How far it is, while it works.
      logging: command.local.Logging.Stderr,
      addPreviousOutputInEnv: false,
    },
    { ...opts, ignoreChanges: ["create", "environment", "stdin", "logging"], customTimeouts: { create: "24h" } },
  );
}

/** Declared extensions that only the superuser may create, and that the dump's own role could not: they are there before it is loaded. */
function superusersExtensions({ declared }: Tenant): { readonly EXTENSIONS?: string } {
  const extensions = declared?.databases[0]?.extensions ?? [];
  const names = extensions
    .filter(({ name, droppedOn }) => droppedOn === undefined && !isTrusted(name) && !PRELOADED.includes(name))
    .map(({ name }) => name);
  return names.length === 0 ? {} : { EXTENSIONS: names.join(" ") };
}

function sourceOf(url: string | undefined): string {
  if (url === undefined) return "";
  const parsed = parseSourceUrl(url);
  return renderSource(parsed, parsed.caFile === undefined ? "" : readFileSync(parsed.caFile, "utf8"));
}
