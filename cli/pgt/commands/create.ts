import { existsSync } from "node:fs";
import { tenantHost } from "../../../components/names.ts";
import { addTenant, type Entry, setField } from "../../../tenants/edit.ts";
import { parseList } from "../../../tenants/load.ts";
import { OperatorError } from "../../operatorError.ts";
import { expectTyped, readPassword } from "../ask.ts";
import { applyChange } from "../change.ts";
import type { Context } from "../context.ts";
import { tenantVolumes } from "../engine.ts";
import { setPassword } from "../passwords.ts";
import { listedTenants } from "../tenants.ts";

/** What `pgt create` takes, as commander gives it: text, and numbers where they are some. */
export interface CreateOptions {
  readonly isolation?: string;
  readonly instance?: string;
  readonly plan?: string;
  readonly database?: string;
  readonly user?: string;
  readonly memory?: string;
  readonly disk?: string;
  readonly cpuShares?: string;
  readonly maxConnections?: string;
  readonly sharedBuffers?: string;
  readonly statementTimeout?: string;
  readonly idleInTransactionTimeout?: string;
  readonly allow?: readonly string[];
  readonly tls?: string;
  readonly tier?: string;
  readonly volume?: string;
  /** True: asked for, or read from standard input. A text was given inline. */
  readonly password?: boolean | string;
}

/** Adds a tenant to the file, or brings a removed one back with what is set here, and makes it. */
export async function create(context: Context, id: string, options: CreateOptions): Promise<void> {
  const password = options.password === undefined ? undefined : await askPassword(options.password);
  if (context.deploy && !context.yes) await confirmTakeover(context, id, options);
  await applyChange(context, {
    command: `pgt create ${id}`,
    edit: (text) => added(text, entryOf(id, options), context.config.tenantsFileName),
    ...(password === undefined ? {} : { configure: () => setPassword(context, id, password) }),
  });
  const { domain, port } = context.config;
  if (context.deploy) {
    context.report({
      event: "note",
      message: `${tenantHost(id, domain)}:${port}; how to connect: pgt url ${id}, pgt psql ${id}`,
    });
  }
}

/** Somebody else's data may be kept under an id that is free again. */
async function confirmTakeover(
  { config, stack }: Context,
  id: string,
  { volume, instance }: CreateOptions,
): Promise<void> {
  const isListed = existsSync(config.tenantsFile) && listedTenants(config).some((tenant) => tenant.id === id);
  if (
    isListed ||
    volume !== undefined ||
    instance !== undefined ||
    !tenantVolumes(stack).some(({ tenant }) => tenant === id)
  )
    return;
  const question = `The data of an earlier tenant ${id} is kept, and would be this one's: see pgt list --retired. To begin empty: pgt purge ${id}.`;
  await expectTyped(question, id, "--yes");
}

function added(text: string, entry: Entry, fileName: string): string {
  const { id, ...fields } = entry;
  const { servers, shared } = parseList(text, fileName);
  const isRemoved = [...servers, ...shared].some((tenant) => tenant.id === id && tenant.state === "removed");
  if (!isRemoved) return addTenant(text, entry);
  const changes = Object.entries({ ...fields, state: "running", confirm: undefined });
  return changes.reduce((sofar, [field, value]) => setField(sofar, id, [field], value), text);
}

/** @throws OperatorError for a password on the command line. */
export async function askPassword(option: boolean | string): Promise<string> {
  if (typeof option !== "string") return readPassword();
  throw new OperatorError(
    "got the password on the command line, where every process of this machine and the shell's history can read it",
    "leave it out and type it, or give it on standard input: pgt create acme --password < file",
  );
}

/** The entry that options stand for. What a field allows is for the schema to say. */
export function entryOf(id: string, options: CreateOptions): Entry {
  const { allow, password, cpuShares, maxConnections, ...words } = options;
  const fields = {
    ...Object.fromEntries(Object.entries(words).map(([name, value]) => [name, spaced(value)])),
    cpuShares: number(cpuShares),
    maxConnections: number(maxConnections),
    access: allow === undefined ? undefined : { allow },
    password: password === undefined ? undefined : "custom",
  };
  return { id, ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) };
}

/** In a shell "512MB" needs no quotes; in the file there is a space. */
function spaced(value: string): string {
  return value.replace(/^(\d+)(MB|GB|ms|s|min|h)$/, "$1 $2");
}

function number(value: string | undefined): number | string | undefined {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : value;
}
