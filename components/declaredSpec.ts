import * as z from "zod";
import type { Declared } from "../tenants/declared.ts";
import { isTrusted } from "../tenants/extensions.ts";

const named = { name: z.string() };

/** What declared.sql and its neighbours are told. */
export const declaredSpec = z.object({
  /** Those that are to be there. */
  roles: z.array(
    z.object({
      ...named,
      login: z.boolean(),
      readOnly: z.boolean(),
      inRoles: z.array(z.string()),
      connectionLimit: z.number(),
      /** Of a role that logs in; left out where no secret may be, as in a look. */
      verifier: z.string().optional(),
    }),
  ),
  /** Further databases that are to be there. */
  databases: z.array(z.object(named)),
  /** The databases that there is something to do in, in the order in which declaredInside.sql comes. */
  inside: z.array(z.string()),
  /** What is to be in databases. */
  contents: z.array(
    z.object({
      ...named,
      extensions: z.array(z.object({ ...named, version: z.string().optional(), trusted: z.boolean() })),
      schemas: z.array(z.object({ ...named, owner: z.string() })),
    }),
  ),
  /** What is to be there no more, `database` being the one that it is in. */
  absent: z.array(
    z.object({
      kind: z.enum(["database", "role", "schema", "extension"]),
      ...named,
      database: z.string().optional(),
      confirmed: z.string(),
    }),
  ),
  /** Settings that are changed in place, values as PostgreSQL takes them. */
  settings: z.record(z.string(), z.string()),
});

/** What declared.sql and its neighbours are told; plain values. */
export type DeclaredSpec = z.infer<typeof declaredSpec>;

/**
 * What is declared inside a tenant's server, for the statements. Pure.
 * @param verifiers of the passwords of roles that log in, by name; empty for a look.
 */
export function declaredSpecOf(declared: Declared, verifiers: ReadonlyMap<string, string>): DeclaredSpec {
  const databases = declared.databases.filter(isPresent);
  const inside = declared.roles.length > 0 ? databases : databases.filter(isNotEmpty);
  return {
    roles: declared.roles.filter(isPresent).map(({ name, login, readOnly, inRoles, connectionLimit }) => {
      const verifier = verifiers.get(name);
      const role = { name, login, readOnly, inRoles: [...inRoles], connectionLimit };
      return verifier === undefined ? role : { ...role, verifier };
    }),
    databases: databases.slice(1).map(({ name }) => ({ name })),
    inside: inside.map(({ name }) => name),
    contents: databases.filter(isNotEmpty).map(({ name, extensions, schemas }) => ({
      name,
      extensions: extensions.filter(isPresent).map((one) => ({
        name: one.name,
        ...(one.version === undefined ? {} : { version: one.version }),
        trusted: isTrusted(one.name),
      })),
      schemas: schemas.filter(isPresent).map((one) => ({ name: one.name, owner: one.owner })),
    })),
    absent: absentIn(declared),
    settings: { ...declared.settings.reload },
  };
}

function isPresent({ droppedOn }: { readonly droppedOn: string | undefined }): boolean {
  return droppedOn === undefined;
}

function isNotEmpty({ extensions, schemas }: Declared["databases"][number]): boolean {
  return extensions.length > 0 || schemas.length > 0;
}

/** What is declared absent. What is in a database that is to go itself goes with it. Pure. */
export function absentIn({ databases, roles }: Declared): DeclaredSpec["absent"] {
  const [gone, kept] = [databases.filter((one) => !isPresent(one)), databases.filter(isPresent)];
  const absent = (kind: DeclaredSpec["absent"][number]["kind"], list: readonly Named[], database?: string) =>
    list.flatMap(({ name, droppedOn }) =>
      droppedOn === undefined
        ? []
        : [{ kind, name, ...(database === undefined ? {} : { database }), confirmed: droppedOn }],
    );
  return [
    ...absent("database", gone),
    ...absent("role", roles),
    ...kept.flatMap(({ name, schemas, extensions }) => [
      ...absent("schema", schemas, name),
      ...absent("extension", extensions, name),
    ]),
  ];
}

interface Named {
  readonly name: string;
  readonly droppedOn: string | undefined;
}

/** The same without secrets. */
export function withoutVerifiers(spec: DeclaredSpec): DeclaredSpec {
  return { ...spec, roles: spec.roles.map(({ verifier: _, ...role }) => role) };
}
