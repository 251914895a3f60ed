import * as z from "zod";
import { backupSchema } from "./backupFields.ts";
import { declaredFields } from "./declaredFields.ts";
import { EphemeralSchema } from "./ephemeralFields.ts";
import { documented } from "./fieldDocs.ts";
import { name } from "./fields.ts";
import { FromSchema } from "./fromFields.ts";
import { id } from "./idField.ts";
import { InstanceSchema } from "./instanceFields.ts";
import { lifeFields } from "./lifeFields.ts";
import { moveFields } from "./moveFields.ts";
import { DATABASE_PATTERN, PLAN_PATTERN, RESERVED_IDS, whyDatabaseReserved } from "./names.ts";
import { PoolerSchema } from "./poolerFields.ts";
import { resourceFields } from "./resourceFields.ts";
import { sharedFields } from "./sharedFields.ts";

const database = name({
  expected: 'a database name of 1 to 63 characters from a-z, 0-9, "_" and "-", a letter first',
  pattern: DATABASE_PATTERN,
  separator: "_",
  whyReserved: whyDatabaseReserved,
  otherwise: 'choose a name such as "orders", or leave the field out',
});

const planName = name({
  expected: 'a plan name of 1 to 40 characters from a-z, 0-9 and "-", a letter first',
  pattern: PLAN_PATTERN,
  separator: "-",
  whyReserved: () => undefined,
  otherwise: 'choose a name such as "small"',
});

const shaped = (what: string, example: string) => ({ error: () => `${what}; write it as ${example}` });

export const DefaultsSchema = z.strictObject(
  {
    plan: documented(planName.exactOptional(), {
      meaning: "The plan of every tenant that names none.",
      limits: "A built-in plan, or one under `plans`.",
      byDefault: "`small`.",
      change: "the same as changing each value in which the two plans differ, for every tenant that names no plan.",
    }),
  },
  shaped("a mapping with the field plan", '"defaults: { plan: small }"'),
);

const backup = (byDefault: string) =>
  backupSchema(byDefault)
    .exactOptional()
    .register(z.globalRegistry, { description: "How backups are made, and for how long they are kept." });

const ofBuiltIn = "the value of the built-in plan with this name; for a new name, that of `small`.";
const ofPlan = "the value of the tenant's plan.";

export const PlanSchema = z.strictObject(
  { ...resourceFields(ofBuiltIn), backup: backup(ofBuiltIn) },
  shaped("a mapping of a plan's values", '"{ memory: 512 MB, maxConnections: 60 }"'),
);

export const TenantSchema = z.strictObject(
  {
    id: documented(
      id(),
      {
        meaning: "Names the tenant. It is the first label of its host: `acme` is reached at `acme.<domain>`.",
        limits:
          "3 to 40 characters from a-z, 0-9 and `-`; a letter first, no `-` at the end, no `--`. No reserved word, no two alike.",
        byDefault: "none, must be given.",
        change:
          "makes it another tenant, and the old one is missing, which is an error. With `renamedFrom`, the same tenant under another name.",
      },
      { not: { enum: RESERVED_IDS } },
    ),
    plan: documented(planName.exactOptional(), {
      meaning: "The plan that gives every value which the tenant does not set itself.",
      limits: "A built-in plan, or one under `plans`.",
      byDefault: "`defaults.plan`.",
      change: "the same as changing each value in which the two plans differ.",
    }),
    database: documented(database.exactOptional(), {
      meaning: "The name of the tenant's database.",
      limits:
        "1 to 63 characters from a-z, 0-9, `_` and `-`; a letter first. No reserved word. With a `-`, it needs quotes in SQL.",
      byDefault: "the id, with `-` as `_`; for a renamed tenant, its first id.",
      change:
        "renames the database, with all that is in it, and ends its sessions. Only where the role owns several it makes a new, empty one beside them.",
    }),
    ...sharedFields,
    ...lifeFields,
    ...declaredFields,
    ...resourceFields(ofPlan),
    backup: backup(ofPlan),
    pooler: PoolerSchema.exactOptional().register(z.globalRegistry, {
      description:
        "A connection pool before the tenant's server, at `<id>-pooler.<domain>`. With and without one restarts the tenant once.",
    }),
    from: FromSchema.exactOptional().register(z.globalRegistry, { description: "What a new tenant begins with." }),
    ephemeral: EphemeralSchema.exactOptional().register(z.globalRegistry, {
      description: "Of a tenant that goes by itself, and whose data goes with it.",
    }),
    ...moveFields,
  },
  shaped("a tenant with an id", '"- id: acme"'),
);

/** Four instances full of tenants; how many may have a server of their own is a rule: see instanceRules.ts. */
const MAX_TENANTS = 2000;

const ADD_LIST = 'add "tenants:" and below it "  - id: acme"';

export const TenantsFileSchema = z.strictObject(
  {
    defaults: DefaultsSchema.exactOptional().register(z.globalRegistry, {
      description: "What holds for every tenant that says nothing else.",
    }),
    plans: z
      .record(
        planName,
        PlanSchema,
        shaped("a mapping of plan names to values", '"plans: { medium: { memory: 1 GB } }"'),
      )
      .exactOptional()
      .register(z.globalRegistry, { description: "Plans of your own, and other values for the built-in ones." }),
    instances: z
      .array(InstanceSchema, {
        error: () => 'a list of instances; write each of them as "- id: shared-1", or leave instances out',
      })
      .exactOptional()
      .register(z.globalRegistry, { description: "Servers that tenants share. Their order means nothing." }),
    tenants: z
      .array(TenantSchema, {
        error: ({ input }) =>
          `a list of tenants; ${input === undefined ? ADD_LIST : 'write each of them as "- id: acme"'}`,
      })
      .min(1, {
        error: () => 'at least one tenant; add "- id: acme", or stop everything with "make down", which keeps the data',
      })
      .max(MAX_TENANTS, {
        error: () => `at most ${MAX_TENANTS} tenants, as many as were measured; move some to a second stack`,
      })
      .register(z.globalRegistry, { description: "The tenants. Their order means nothing." }),
  },
  { error: () => `a mapping with a list of tenants; ${ADD_LIST}` },
);

/** The file as written: sizes are texts, fields that were left out are absent. */
export type TenantsFile = z.infer<typeof TenantsFileSchema>;
/** A tenant as written. */
export type TenantEntry = z.infer<typeof TenantSchema>;
/** The values that a plan gives and a tenant can override, as written. */
export type PlanFields = z.infer<typeof PlanSchema>;
