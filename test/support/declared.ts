import type { Declared, DeclaredRole } from "../../tenants/declared.ts";

/** A role that logs in, with the differences that a test is about. */
export function declaredRole(differences: Partial<DeclaredRole> = {}): DeclaredRole {
  const name = differences.name ?? "reporting";
  return {
    ...{
      name,
      droppedOn: undefined,
      login: true,
      readOnly: false,
      inRoles: [],
      connectionLimit: 40,
      passwordVersion: 1,
    },
    ...differences,
  };
}

/** What a tenant `acme` declares, with the differences that a test is about. */
export function declaring(differences: Partial<Declared> = {}): Declared {
  const own = { name: "acme", droppedOn: undefined, extensions: [], schemas: [] };
  return { databases: [own], roles: [], settings: { reload: {}, restart: {} }, ...differences };
}
