import { resourceTypes, typeTokens } from "../components/names.ts";
import type { TenantFacts } from "../components/tenantFacts.ts";
import { publishedPorts, unconfined, unlimitedMemory } from "./containers.ts";
import { movingImage } from "./images.ts";
import { openToEverybody, sharedKey, withoutBackups } from "./production.ts";
import { throwAwayProduction, unprotectedData } from "./protection.ts";
import { mappingIn, type Resource } from "./resource.ts";
import { weakTls } from "./routes.ts";

/** One policy. Each is for one type of resource: of the others Pulumi then does not even unpack the inputs. */
export interface Rule {
  /** What `policy.d/pgtenants.json` calls it. */
  readonly name: string;
  readonly description: string;
  readonly type: string;
  /**
   * A line for each thing that is wrong: what was got, what was expected, how to mend it.
   * @param tenant what the tenant that the resource belongs to says; undefined for what belongs to none.
   */
  readonly check: (resource: Resource, tenant: TenantFacts | undefined) => string[];
}

/** A rule over what a tenant's component says. */
function ofTenant(name: string, description: string, check: (tenant: TenantFacts) => string[]): Rule {
  return { name, description, type: typeTokens.tenantDatabase, check: ({ inputs }) => check(inputs) };
}

export const rules: readonly Rule[] = [
  {
    name: "no-published-port",
    description: "Nothing but the router is reached from outside, and the router at one port.",
    type: resourceTypes.container,
    check: publishedPorts,
  },
  {
    name: "confined",
    description: "A container has no capability and no way to gain privileges.",
    type: resourceTypes.container,
    check: unconfined,
  },
  {
    name: "memory-limit",
    description: "A container has a memory limit.",
    type: resourceTypes.container,
    check: unlimitedMemory,
  },
  {
    name: "pinned-image",
    description: "An image is named by its content.",
    type: resourceTypes.container,
    check: ({ inputs }) => movingImage(inputs["image"]),
  },
  {
    name: "pinned-image-of-step",
    description: "So is that of a container that runs once.",
    type: resourceTypes.command,
    check: ({ inputs }) => movingImage(mappingIn(inputs["environment"])["IMAGE"]),
  },
  {
    name: "protected-volume",
    description: "Data and backups are protected.",
    type: resourceTypes.volume,
    // What server and connection pool share is a socket, and what each deployment writes again.
    check: (resource, tenant) => (resource.name.endsWith("-pooler-files") ? [] : unprotectedData(resource, tenant)),
  },
  {
    name: "protected-backup-key",
    description: "So is the key of the backups.",
    type: resourceTypes.password,
    // The one kind of secret whose loss is the loss of data; a password is replaced.
    check: (resource, tenant) => (resource.name.endsWith("-backup-key") ? unprotectedData(resource, tenant) : []),
  },
  {
    name: "routes-tls",
    description: "Every route has TLS 1.2 or newer.",
    type: resourceTypes.command,
    check: weakTls,
  },
  ofTenant("production-allow-list", "A production tenant does not let everybody in.", openToEverybody),
  ofTenant("production-backup", "A production tenant is backed up on a schedule.", withoutBackups),
  ofTenant("production-certificate", "A production tenant shares no private key.", sharedKey),
  ofTenant("production-protection", "A production tenant is not in a throw-away stack.", throwAwayProduction),
];
