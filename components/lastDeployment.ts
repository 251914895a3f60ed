import type { Declared } from "../tenants/declared.ts";
import type { Entry } from "../tenants/edit.ts";
import type { LookedAt } from "./declaredLook.ts";
import { type DeclaredSpec, declaredSpec } from "./declaredSpec.ts";
import { typeTokens } from "./names.ts";
import { nameIn, parseStackState, resourceTypes, type StateResource } from "./stackState.ts";

/** What the stack's state says of a tenant; a value is undefined where a deployment did not get as far. */
export interface LastTenant {
  /** Its fixed address on the bridge. */
  readonly address: string | undefined;
  /** That of its connection pool. */
  readonly poolerAddress: string | undefined;
  /** How much memory that may use. */
  readonly poolerMemoryMiB: number | undefined;
  readonly state: string | undefined;
  /** The name of its volume on the engine. */
  readonly volume: string | undefined;
  /** The name of the volume that its backups are in. */
  readonly repository: string | undefined;
  /** The version of its generated password. */
  readonly passwordVersion: number | undefined;
  /** Until when it lives, as ISO 8601; undefined for one that stays. */
  readonly until: string | undefined;
  /** Its entry, where it is in no file: a preview database. */
  readonly entry: Entry | undefined;
  /** Limits as they were given to it. */
  readonly limits: Readonly<Record<"memoryMiB" | "maxConnections" | "diskMiB", number | undefined>>;
  /** What was declared inside its server, as the SQL step was told; undefined for nothing. */
  readonly declared: Declared | undefined;
  /** Role, database and login as the same step was told, where something is declared. */
  readonly lookedAt: Omit<LookedAt, "declared"> | undefined;
  /** What was declared absent inside its server; kept also while it is stopped. */
  readonly dropped: DeclaredSpec["absent"];
  /** The step's REPAIR, see repairs.ts. */
  readonly repair: string | undefined;
  /** The roles that have a password, and the version of that. */
  readonly rolePasswords: ReadonlyMap<string, number>;
  /** What its container was made from; undefined where it has none. */
  readonly container: Readonly<Record<string, unknown>> | undefined;
  /** Of a second place: what it was; see tenants/secondPlace.ts. */
  readonly standby?: string | undefined;
}

/** What the stack's state says of a tenant on an instance. */
export interface LastShared {
  readonly instance: string | undefined;
  /** Its port at the instance's pooler. */
  readonly port: number | undefined;
  readonly state: string | undefined;
  readonly isolation: string | undefined;
  /** Its first id, which names what is its own on the instance. */
  readonly origin: string | undefined;
  /** As of {@link LastTenant}. */
  readonly standby?: string | undefined;
}

/** What the stack's state says of the last deployment. */
export interface LastStack {
  readonly tenants: LastDeployment;
  /** Tenants on instances, by id. */
  readonly shared: ReadonlyMap<string, LastShared>;
  /** Fingerprints of the certificates that router and tenants were given. */
  readonly certificates: ReadonlySet<string>;
  /** The name of the state, which every container is labelled with; undefined for a new stack. */
  readonly state: string | undefined;
  /** The network that the bridge has. */
  readonly subnet: string | undefined;
}

/** The tenants of the last deployment, by id. */
export type LastDeployment = ReadonlyMap<string, LastTenant>;

/**
 * The tenants and certificates that are in the stack's state; none for a new stack. Pure.
 *
 * From its export, not from a reference to the stack itself: outputs are written only when a whole deployment succeeded, so a tenant that came
 * with a failed one would be unknown; and a reference fetches every secret of the stack in clear.
 * @param exported what `pulumi stack export` prints.
 * @throws Error when that is of another form.
 */
export function lastDeployment(exported: string): LastStack {
  const { resources } = parseStackState(exported);
  const found = (type: string, name: string) =>
    resources.find((resource) => resource.type === type && nameIn(resource.urn) === name);
  const [ipam] = [found(resourceTypes.network, "tenants")?.inputs?.["ipamConfigs"]].flat();
  return {
    tenants: tenantsIn(resources),
    shared: sharedIn(resources),
    certificates: certificatesIn(resources),
    state: textOf(found(resourceTypes.stateName, "state")?.outputs?.["hex"]),
    subnet: isRecord(ipam) ? textOf(ipam["subnet"]) : undefined,
  };
}

/** The tenants among a state's resources. Pure. */
export function tenantsIn(resources: readonly StateResource[]): LastDeployment {
  const children = Map.groupBy(resources, ({ parent }) => parent);
  const tenants = resources.filter(({ type }) => type === typeTokens.tenantDatabase);
  return new Map(tenants.map((tenant) => [nameIn(tenant.urn), lastTenant(tenant, children.get(tenant.urn) ?? [])]));
}

/** The tenants on instances among a state's resources. Pure. */
export function sharedIn(resources: readonly StateResource[]): ReadonlyMap<string, LastShared> {
  const tenants = resources.filter(({ type }) => type === typeTokens.sharedTenant);
  return new Map(
    tenants.map(({ urn, outputs = {} }) => [
      nameIn(urn),
      {
        instance: textOf(outputs["instance"]),
        port: numberOf(outputs["port"]),
        state: textOf(outputs["state"]),
        isolation: textOf(outputs["isolation"]),
        origin: textOf(outputs["origin"]),
        ...standbyIn(outputs),
      },
    ]),
  );
}

/** The fingerprints among the inputs of the steps that write certificates: by themselves for a tenant, as a file's name for the router. Pure. */
export function certificatesIn(resources: readonly StateResource[]): ReadonlySet<string> {
  const steps = resources.filter(({ type }) => type === resourceTypes.command);
  const values = steps.flatMap(({ inputs }) => {
    const environment = inputs?.["environment"];
    return isRecord(environment) ? [textOf(environment["FINGERPRINT"]), fileFingerprint(environment["FILE"])] : [];
  });
  return new Set(values.filter((value) => value !== undefined));
}

function fileFingerprint(file: unknown): string | undefined {
  return /^certificates\/([0-9a-f]+)\.pem$/.exec(textOf(file) ?? "")?.[1];
}

function lastTenant({ urn, outputs = {} }: StateResource, children: readonly StateResource[]): LastTenant {
  // By the end of their names as well: a tenant has a second volume and a second random text, which are its backups' own.
  const inputsOf = (type: string, end: string) =>
    children.find((child) => child.type === type && nameIn(child.urn).endsWith(end))?.inputs ?? {};
  const { keepers } = inputsOf(resourceTypes.password, "-password");
  const server = inputsOf(resourceTypes.container, "-server");
  const { environment } = inputsOf(resourceTypes.command, "-sql");
  const step = isRecord(environment) ? environment : {};
  return {
    address: textOf(outputs["address"]),
    poolerAddress: textOf(outputs["poolerAddress"]),
    poolerMemoryMiB: numberOf(inputsOf(resourceTypes.container, "-pooler")["memory"]),
    state: textOf(outputs["state"]),
    volume: textOf(inputsOf(resourceTypes.volume, "-data")["name"]),
    repository: textOf(inputsOf(resourceTypes.volume, "-backups")["name"]),
    passwordVersion: numberOf(isRecord(keepers) ? keepers["version"] : undefined),
    until: textOf(outputs["until"]),
    entry: entryOf(outputs["entry"]),
    limits: {
      memoryMiB: numberOf(outputs["memoryMiB"]),
      maxConnections: numberOf(outputs["maxConnections"]),
      diskMiB: numberOf(outputs["diskMiB"]),
    },
    declared: declaredIn(textOf(step["DECLARED"])),
    lookedAt: lookedAtIn(textOf(step["LOOKED_AT"])),
    dropped: droppedIn(textOf(outputs["dropped"])),
    repair: textOf(step["REPAIR"]),
    rolePasswords: rolePasswordsIn(nameIn(urn), children),
    container: Object.keys(server).length === 0 ? undefined : server,
    ...standbyIn(outputs),
  };
}

function standbyIn(outputs: Readonly<Record<string, unknown>>): Pick<LastTenant, "standby"> {
  const standby = textOf(outputs["standby"]);
  return standby === undefined ? {} : { standby };
}

/** By the names of the resources: `<id>-<role>-login`, in which no role has a `-`. */
function rolePasswordsIn(id: string, children: readonly StateResource[]): ReadonlyMap<string, number> {
  const passwords = children.filter(
    ({ type, urn }) => type === resourceTypes.password && nameIn(urn).endsWith("-login"),
  );
  return new Map(
    passwords.map(({ urn, inputs }) => {
      const keepers = inputs?.["keepers"];
      const version = numberOf(isRecord(keepers) ? keepers["version"] : undefined) ?? 1;
      return [nameIn(urn).slice(id.length + 1, -"-login".length), version];
    }),
  );
}

/** As the step was given it, in the same order: the same things are the same text again. */
function declaredIn(text: string | undefined): Declared | undefined {
  return text === undefined ? undefined : JSON.parse(text);
}

function lookedAtIn(text: string | undefined): LastTenant["lookedAt"] {
  return text === undefined ? undefined : JSON.parse(text);
}

function droppedIn(text: string | undefined): DeclaredSpec["absent"] {
  return text === undefined ? [] : declaredSpec.shape.absent.parse(JSON.parse(text));
}

function entryOf(value: unknown): Entry | undefined {
  const id = isRecord(value) ? textOf(value["id"]) : undefined;
  return id === undefined || !isRecord(value) ? undefined : { ...value, id };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" ? Number.parseInt(value, 10) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
