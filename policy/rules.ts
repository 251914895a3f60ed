import { resourceTypes, typeTokens } from "../components/names.ts";
import type { TenantFacts } from "../components/tenantFacts.ts";
import { publishedPorts, unconfined, unlimitedMemory } from "./containers.ts";
import { movingImage } from "./images.ts";
import { openToEverybody, sharedKey, withoutBackups } from "./production.ts";
import { throwAwayProduction, unprotectedData } from "./protection.ts";
import type { Resource } from "./resource.ts";
import { weakTls } from "./routes.ts";

/** What a policy says of a resource: a line for each thing that is wrong, with what was got, what was expected and how to mend it. */
type Check = (resource: Resource, tenant: TenantFacts | undefined) => string[];

/** One policy. Its name is what `policy.d/pgtenants.json` calls it. */
export interface Rule {
  readonly name: string;
  readonly description: string;
  /** What it looks at, by the type of resource. */
  readonly checks: Readonly<Record<string, Check>>;
}

/** A check of a tenant by what its component says. */
const ofTenant = (check: (tenant: TenantFacts) => string[]) => ({
  [typeTokens.tenantDatabase]: ({ inputs }: Resource) => check(inputs),
});

/** The one kind of secret whose loss is the loss of data; a password is replaced. */
const keyOfBackups: Check = (resource, tenant) =>
  resource.name.endsWith("-backup-key") ? unprotectedData(resource, tenant) : [];

export const rules: readonly Rule[] = [
  {
    name: "no-published-port",
    description: "Nothing but the router is reached from outside, and the router at one port.",
    checks: { [resourceTypes.container]: publishedPorts },
  },
  {
    name: "confined",
    description: "A container has no capability and no way to gain privileges.",
    checks: { [resourceTypes.container]: unconfined },
  },
  {
    name: "memory-limit",
    description: "A container has a memory limit.",
    checks: { [resourceTypes.container]: unlimitedMemory },
  },
  {
    name: "pinned-image",
    description: "An image is named by its content.",
    checks: { [resourceTypes.container]: movingImage, [resourceTypes.command]: movingImage },
  },
  {
    name: "protected-data",
    description: "Data, backups and the backups' key are protected.",
    checks: {
      [resourceTypes.volume]: unprotectedData,
      [resourceTypes.password]: keyOfBackups,
      ...ofTenant(throwAwayProduction),
    },
  },
  {
    name: "tls",
    description: "Every route has TLS 1.2 or newer, and a production tenant shares no private key.",
    checks: { [resourceTypes.command]: weakTls, ...ofTenant(sharedKey) },
  },
  {
    name: "production-allow-list",
    description: "A production tenant does not let everybody in.",
    checks: ofTenant(openToEverybody),
  },
  {
    name: "production-backup",
    description: "A production tenant is backed up on a schedule.",
    checks: ofTenant(withoutBackups),
  },
];
