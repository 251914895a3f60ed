/**
 * Every name and label that this program gives away. All of them derive from the stack and the tenant's id, never from a position,
 * so re-ordering tenants.yaml changes nothing and two stacks live on one engine without meeting.
 */

/** The project's name: the first part of every name on the engine. */
export const project = "pgtenants";

const labelPrefix = "dev.pgtenants";

/** Type tokens of the components. They are part of every URN: a change replaces all resources, data included. */
export const typeTokens = {
  tenantDatabase: "pgtenants:index:TenantDatabase",
  traefik: "pgtenants:index:Traefik",
  offsite: "pgtenants:index:Offsite",
  sharedTenant: "pgtenants:index:SharedTenant",
  sharedTenants: "pgtenants:index:SharedTenants",
} as const;

/** The types of resources that are looked for in a state and by policies, as Pulumi calls them. */
export const resourceTypes = {
  container: "docker:index/container:Container",
  network: "docker:index/network:Network",
  volume: "docker:index/volume:Volume",
  password: "random:index/randomPassword:RandomPassword",
  stateName: "random:index/randomId:RandomId",
  command: "command:local:Command",
} as const;

/** Every name stays within 63 characters, the bound of a DNS label; Docker itself sets none. */
const longestName = 63;

/** The longest tenant id, as `tenants/schema.ts` allows it. */
const longestTenantId = 40;

/** What every bridge's interface begins with; the firewall rule in toolchain/setup/firewall.sh is for all of them. */
const interfacePrefix = "pgt-";

/** The kernel's bound for the name of a network interface (IFNAMSIZ - 1). */
const longestInterface = 15;

/** What is left for a stack's name. */
const longestStack = Math.min(
  longestName - longestTenantId - project.length - 2,
  longestInterface - interfacePrefix.length,
);

const stackPattern = /^[a-z][a-z0-9-]*$/;

/** Names on the engine for one stack. */
export interface StackNames {
  /** The bridge that tenants live on, and the router's container. */
  readonly stack: string;
  /** The router's volume. No stack and no tenant has an underscore in its name. */
  readonly routerFiles: string;
  /** The container that copies backups elsewhere, its volume and its network. */
  readonly offsite: string;
  /** The network interface of that bridge on the host, which firewall rules go by. */
  readonly bridgeInterface: string;
  /** A tenant's container and, of the same name, its volume. */
  readonly tenant: (id: string) => string;
  /** The container of a tenant's connection pool and, by the first id, the volume that it shares with the server. */
  readonly pooler: (id: string) => string;
  /** The volume of the repository that a tenant's backups are in. */
  readonly backups: (id: string) => string;
}

/**
 * The names of everything that a stack makes. A dot stands before the tenant's id: with a dash, tenant `eu-acme` of stack `dev` and tenant
 * `acme` of stack `dev-eu` would share a volume.
 * @throws Error when the stack's name is not lower case letters, digits and dashes, or leaves no room for a tenant's id or in an interface's name.
 */
export function stackNames(stack: string): StackNames {
  if (!stackPattern.test(stack) || stack.length > longestStack) {
    throw new Error(
      `stack name: got "${stack}", expected at most ${longestStack} lower case letters, digits and dashes; ` +
        "create the stack under another name, such as dev or prod-eu",
    );
  }
  const name = `${project}-${stack}`;
  return {
    stack: name,
    routerFiles: `${name}_router`,
    offsite: `${name}_offsite`,
    bridgeInterface: `${interfacePrefix}${stack}`,
    tenant: (id) => `${name}.${id}`,
    pooler: (id) => `${name}.${id}_pooler`,
    backups: (id) => `${name}.${id}_backups`,
  };
}

/** The DNS name that clients reach a tenant by; it decides the route. */
export function tenantHost(id: string, domain: string): string {
  return `${id}.${domain}`;
}

const poolerEnding = "-pooler";

/** What a tenant's connection pool is called where it stands beside tenants: as a route, and for its address. No tenant's id ends like it. */
export function poolerName(id: string): string {
  return `${id}${poolerEnding}`;
}

/** The tenant that a route belongs to: it leads there, or to its pool. */
export function tenantOfRoute(name: string): string {
  return name.endsWith(poolerEnding) ? name.slice(0, -poolerEnding.length) : name;
}

/** A label as the Docker provider takes it. */
export interface Label<Value> {
  readonly label: string;
  readonly value: Value;
}

/** The labels that mark a container, volume or network as ours. Nothing without them is ever touched. */
export function ownerLabels(stack: string, tenant?: string): Label<string>[] {
  const labels = [
    { label: `${labelPrefix}.project`, value: project },
    { label: `${labelPrefix}.stack`, value: stack },
  ];
  return tenant === undefined ? labels : [...labels, { label: `${labelPrefix}.tenant`, value: tenant }];
}

/** The labels of the volume that a tenant's backups are in. It is none of the tenant's own: what looks for a tenant's data must not find it. */
export function backupLabels(stack: string, tenant: string): Label<string>[] {
  return [...ownerLabels(stack), { label: `${labelPrefix}.backups`, value: tenant }];
}

/** The labels of a connection pool's container and volume, which are none of the tenant's own either. */
export function poolerLabels(stack: string, tenant: string): Label<string>[] {
  return [...ownerLabels(stack), { label: `${labelPrefix}.pooler`, value: tenant }];
}

/** Labels as arguments of the Docker CLI. */
export function labelArguments(labels: readonly Label<string>[]): string[] {
  return labels.flatMap(({ label, value }) => ["--label", `${label}=${value}`]);
}

/** Leaves of what `docker … ls` lists only what has the stack's labels. */
export function labelFilters(stack: string): string[] {
  return ownerLabels(stack).flatMap(({ label, value }) => ["--filter", `label=${label}=${value}`]);
}

/**
 * The label that says which state a container belongs to, so that two states with a stack of the same name cannot take each other's
 * containers for leftovers. Not for volumes: they outlive a lost state, and a label cannot be changed.
 */
export function stateLabel<Value>(state: Value): Label<Value> {
  return { label: `${labelPrefix}.state`, value: state };
}

/** Whether labels on the engine say that something is this stack's and this tenant's. */
export function isOwnedBy(stack: string, tenant: string, labels: Readonly<Record<string, string>>): boolean {
  return hasAll(ownerLabels(stack, tenant), labels);
}

/** The same of the volume that a tenant's backups are in. */
export function areBackupsOf(stack: string, tenant: string, labels: Readonly<Record<string, string>>): boolean {
  return hasAll(backupLabels(stack, tenant), labels);
}

/** The same of the volume that a tenant's server shares with its connection pool. */
export function isPoolerOf(stack: string, tenant: string, labels: Readonly<Record<string, string>>): boolean {
  return hasAll(poolerLabels(stack, tenant), labels);
}

function hasAll(expected: readonly Label<string>[], labels: Readonly<Record<string, string>>): boolean {
  return expected.every(({ label, value }) => labels[label] === value);
}
