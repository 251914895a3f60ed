import * as z from "zod";
import { ensured, list, shaped } from "./ensureFields.ts";
import { documented } from "./fieldDocs.ts";
import { count, flag, name } from "./fields.ts";
import { ROLE_PATTERN, whyRoleReserved } from "./names.ts";

/** The name of a role beside the tenant's own. */
export const roleName = name({
  expected: 'a role name of 1 to 63 characters from a-z, 0-9 and "_", a letter first',
  pattern: ROLE_PATTERN,
  separator: "_",
  whyReserved: whyRoleReserved,
  otherwise: 'choose a name such as "reporting"',
});

const RoleSchema = z.strictObject(
  {
    name: documented(roleName, {
      meaning:
        "A role beside the tenant's own. It may connect to the tenant's databases, and do there what it is granted.",
      limits: "1 to 63 characters from a-z, 0-9 and `_`; a letter first. No reserved word, not the tenant's own role.",
      byDefault: "none, must be given.",
      change: "makes another role; the old one stays, and can no longer log in.",
    }),
    login: documented(flag().exactOptional(), {
      meaning:
        "Whether it may log in, with a generated password of its own: `connectionStrings.<id>.roles.<role>`. `access` counts for it as for the tenant's own role.",
      limits: "`true` or `false`.",
      byDefault: "`true`.",
      change: "to `false` ends its sessions. No restart.",
    }),
    readOnly: documented(flag().exactOptional(), {
      meaning:
        "Whether it reads everything of the tenant's databases, also what will be made later, and writes nothing: [databases.md](databases.md#roles-that-only-read).",
      limits: "`true` or `false`. Such a role is in no roles but such.",
      byDefault: "`false`.",
      change: "in place. To `true` hands what it owns to the tenant's role.",
    }),
    inRoles: documented(list(roleName, 20, "roles", "inRoles: [reporting]").exactOptional(), {
      meaning: "The roles that it is a member of, with all their rights.",
      limits: "The tenant's own role, and others under `roles`; never in a circle. Their order means nothing.",
      byDefault: "none.",
      change: "in place, for open sessions as well.",
    }),
    connectionLimit: documented(count(1, 5000).exactOptional(), {
      meaning: "The most connections of this role.",
      limits: "A whole number from 1 to the tenant's `maxConnections`.",
      byDefault: "the tenant's `maxConnections`.",
      change: "in place; sessions above a lower limit live on.",
    }),
    passwordVersion: documented(count(1, 1_000_000).exactOptional(), {
      meaning: "Counts its passwords: another number makes another password.",
      limits: "A whole number from 1 to 1000000.",
      byDefault: "1.",
      change: "a new password at once. Sessions live on, new logins need it. No restart.",
    }),
    ...ensured("role", "hands what it owned to the tenant's role, and ends its sessions"),
  },
  shaped("a role", "- name: reporting"),
);

/** Roles beside the tenant's own. */
export const roles = documented(
  list(RoleSchema, 50, "roles", "roles: [{ name: reporting, readOnly: true }]").exactOptional(),
  {
    meaning: "Roles beside the tenant's own, for all of its databases.",
    limits: "At most 50, each once.",
    byDefault: "none.",
    change:
      "one more is created in place. One that is taken out stays, with all that it owns, and can no longer log in.",
  },
);

/** A role as written. */
export type RoleEntry = z.infer<typeof RoleSchema>;
