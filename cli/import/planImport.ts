import { stringify } from "yaml";
import { addTenant, type Entry } from "../../tenants/edit.ts";
import { parseTenants } from "../../tenants/load.ts";
import type { Tenant } from "../../tenants/tenant.ts";
import type { PgsContainer } from "./pgsContainers.ts";
import type { TlsPair } from "./pgsFolder.ts";
import { type LookedAt, type PlannedTenant, planTenant } from "./planTenant.ts";
import type { PgsSetup } from "./readPgs.ts";

/** What decides what an import does. */
export interface ImportQuestion {
  readonly setup: PgsSetup;
  readonly looks: readonly LookedAt[];
  /** pgs's router; undefined where there is none on the engine. */
  readonly router: PgsContainer | undefined;
  /** Certificate and key of pgs's router. */
  readonly tls: TlsPair;
  /** `isInUse` where it has tenants on the engine: then its domain, its port and its certificate are theirs. */
  readonly stack: { readonly domain: string; readonly port: number; readonly isInUse: boolean };
  /** tenants.yaml as it is. */
  readonly listed: readonly Tenant[];
}

export interface ImportPlan {
  readonly tenants: readonly PlannedTenant[];
  /** Settings of the stack to set. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** pgs's containers that run, the router first. */
  readonly stop: readonly PgsContainer[];
}

/** What an import does, or everything that stands against it, a line each. Pure; no line holds a password. */
export function planImport(question: ImportQuestion): ImportPlan | { readonly refusals: readonly string[] } {
  const planned = question.looks.map((look) => planTenant(look, question.listed));
  const refusals = [...stackRefusals(question), ...planned.flatMap((one) => ("refusals" in one ? one.refusals : []))];
  if (refusals.length > 0) return { refusals };
  const tenants = planned.filter((one): one is PlannedTenant => !("refusals" in one));
  const running = [question.router, ...tenants.map(({ takeFrom }) => takeFrom)];
  const stop = running.flatMap((container) => (container?.state === "running" ? [container] : []));
  return { tenants, settings: settingsOf(question), stop };
}

/** tenants.yaml with those of the entries that it does not have yet. @param text undefined where there is none. @throws EditError. */
export function withEntries(text: string | undefined, entries: readonly Entry[]): string {
  if (text === undefined) return stringify({ tenants: entries });
  const listed = new Set(parseTenants(text, "tenants.yaml").map(({ id }) => id));
  return entries.filter(({ id }) => !listed.has(id)).reduce(addTenant, text);
}

function stackRefusals({ setup: { domain, port, router: service }, looks, router, stack }: ImportQuestion): string[] {
  const begins = looks.some(({ files }) => files?.adopted === false);
  if (begins && service !== undefined && router === undefined)
    return [
      `docker-compose.yml: got no container for ${service.name} on this engine, expected pgs's router, which has the port; pgs start, with the folder in its place`,
    ];
  const own = "import into a stack of its own: pulumi stack init <name>, then pgt --stack <name> import pgs <folder>";
  const differs = (where: string, given: string | number | undefined, here: string | number) =>
    given === undefined || given === here
      ? []
      : [`${where} ${given}, expected ${here}, where this stack has tenants; ${own}`];
  if (!stack.isInUse) return [];
  return [
    ...differs("dynamic.yml: got hosts below", domain, stack.domain),
    ...differs("docker-compose.yml: got the port", port, stack.port),
  ];
}

function settingsOf({ setup: { domain, port }, tls, stack }: ImportQuestion): ImportPlan["settings"] {
  if (stack.isInUse || domain === undefined) return [];
  return [
    ["domain", domain],
    ...(port === undefined ? [] : [["port", String(port)] as const]),
    ["tlsMode", "files"],
    ["tlsCertificateFile", tls.certificateFile],
    ["tlsKeyFile", tls.keyFile],
  ];
}
