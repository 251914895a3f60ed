import * as z from "zod";
import type { Entry } from "../tenants/edit.ts";
import { loadList } from "../tenants/load.ts";
import { sameId } from "../tenants/names.ts";
import type { SharedTenant, TenantList } from "../tenants/sharedTenant.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { LastDeployment } from "./lastDeployment.ts";

/**
 * Databases of pull requests: tenants that are in no file, because whoever asks for one writes to none. The state remembers their entries,
 * so that every later deployment knows them.
 */

/** What one deployment is asked to do about them. */
export interface PreviewRequest {
  /** Entries as tenants.yaml has them. One that is there already is left as it is. */
  readonly create: readonly Entry[];
  /** Ids. One that is not there is none to delete. */
  readonly delete: readonly string[];
}

const request = z.strictObject({
  create: z.array(z.looseObject({ id: z.string(), ephemeral: z.unknown() })).default([]),
  delete: z.array(z.string()).default([]),
});

/** The setting `previewDatabases`. @throws Error where it is of another form. */
export function parsePreviewRequest(value: unknown): PreviewRequest {
  const parsed = request.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(
    "previewDatabases: expected a mapping with create, a list of ephemeral tenants, and delete, a list of ids; " +
      "leave it to: pgt preview-database",
  );
}

/** A tenant, with its entry where that is in no file. */
export type ListedTenant = Tenant & { readonly entry?: Entry };

/** Everybody who is listed. */
export interface Listed {
  readonly servers: readonly ListedTenant[];
  /** Those on instances. */
  readonly shared: readonly SharedTenant[];
  /** Second places of tenants that move or moved. */
  readonly beside: TenantList["beside"];
}

/**
 * The tenants of the file, those on instances too, and after them the databases of pull requests, held against the same rules.
 * @throws TenantsFileError as loadTenants does; Error where one has the id of a tenant in the file.
 */
export function listAll(file: string, { create, delete: gone }: PreviewRequest, last: LastDeployment): Listed {
  const inFile = loadList(file);
  const remembered = [...last].flatMap(([id, { entry }]) => (entry === undefined || gone.includes(id) ? [] : [entry]));
  const asked = create.filter(({ id }) => !remembered.some((entry) => entry.id === id));
  refuseTaken(file, [...inFile.servers, ...inFile.shared], remembered, asked);
  const added = [...remembered, ...asked];
  if (added.length === 0) return inFile;
  const entries = new Map(added.map((entry) => [entry.id, entry]));
  const { servers, shared, beside } = loadList(file, added);
  return {
    servers: servers.map((tenant) => {
      const entry = entries.get(tenant.id);
      return entry === undefined ? tenant : { ...tenant, entry };
    }),
    shared,
    beside,
  };
}

/** An id names a volume: whoever has it gets the data, and with an ephemeral tenant the data goes. */
function refuseTaken(
  file: string,
  inFile: readonly Pick<Tenant, "id" | "formerIds">[],
  remembered: readonly Entry[],
  asked: readonly Entry[],
): void {
  const taken = new Set(inFile.flatMap(({ id, formerIds }) => [id, ...formerIds].map(sameId)));
  const isTaken = ({ id }: Entry) => taken.has(sameId(id));
  const new_ = asked.find(isTaken);
  if (new_ !== undefined)
    throw new Error(`preview database: got the id "${new_.id}", expected one that no tenant in ${file} has or had`);
  const old = remembered.find(isTaken);
  if (old === undefined) return;
  throw new Error(
    `${file}: got "${old.id}", expected an id that no preview database has; choose another one, or end that one: pgt preview-database list`,
  );
}
