import type { Declared } from "../tenants/declared.ts";
import type { Entry } from "../tenants/edit.ts";
import { standbyOf } from "../tenants/standby.ts";
import { type DeclaredSpec, declaredSpec } from "./declaredSpec.ts";
import type { LastDeployment, LastShared, LastStack, LastTenant } from "./lastDeployment.ts";
import { typeTokens } from "./names.ts";
import { nameIn, parseStackState, resourceTypes, type StateResource } from "./stackState.ts";

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
  const shared = new Set(resources.flatMap(({ type, urn }) => (type === typeTokens.sharedTenants ? nameIn(urn) : [])));
  return new Map(
    tenants.map((tenant) => {
      const id = nameIn(tenant.urn);
      const instance = shared.has(`${id}-tenants`) ? { instance: true as const } : {};
      return [id, { ...lastTenant(tenant, children.get(tenant.urn) ?? []), ...instance }];
    }),
  );
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
  const standby = standbyOf(outputs["standby"]);
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
