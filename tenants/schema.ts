import * as z from "zod";
import { MIB_PER_CONNECTION } from "./defaults.ts";
import { count, documented, name, size } from "./fields.ts";
import {
  DATABASE_PATTERN,
  ID_PATTERN,
  PLAN_PATTERN,
  RESERVED_IDS,
  whyDatabaseReserved,
  whyIdReserved,
} from "./names.ts";

const id = name({
  expected: 'an id of 3 to 40 characters from a-z, 0-9 and "-": a letter first, no "-" at the end, no "--"',
  pattern: ID_PATTERN,
  separator: "-",
  whyReserved: whyIdReserved,
  otherwise: 'choose an id such as "acme"',
});

const database = name({
  expected: 'a database name of 1 to 63 characters from a-z, 0-9 and "_", a letter first',
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

function resourceFields(byDefault: string) {
  return {
    memory: documented(size(64, 1024 * 1024).exactOptional(), {
      meaning: "The most memory the tenant's container may use, page cache included.",
      limits: `From 64 MB to 1024 GB, in whole MB or GB (1 GB is 1024 MB). Holds at least \`sharedBuffers\` and ${MIB_PER_CONNECTION} MB for each of \`maxConnections\`.`,
      byDefault,
      change: "made in place, no restart. Set below what the tenant uses, it can end running queries.",
    }),
    cpuShares: documented(count(2, 262_144).exactOptional(), {
      meaning:
        "The tenant's weight when processors are scarce: with twice the shares it gets twice the time. While they are idle, nothing holds it back.",
      limits: "A whole number from 2 to 262144, the kernel's range.",
      byDefault,
      change: "made in place, no restart.",
    }),
    maxConnections: documented(count(5, 5000).exactOptional(), {
      meaning:
        "The most connections the tenant's server accepts, the 3 that PostgreSQL keeps for the superuser included.",
      limits: `A whole number from 5 to 5000. Each connection in use takes about ${MIB_PER_CONNECTION} MB of the memory, and all of them must fit beside \`sharedBuffers\`.`,
      byDefault,
      change: "restarts the tenant: seconds of downtime, its clients are disconnected.",
    }),
    sharedBuffers: documented(size(1, 512 * 1024).exactOptional(), {
      meaning: "PostgreSQL's own page cache (`shared_buffers`), part of the memory.",
      limits: "From 1 MB, in whole MB or GB, to at most half of `memory`.",
      byDefault,
      change: "restarts the tenant: seconds of downtime, its clients are disconnected.",
    }),
  };
}

const shaped = (what: string, example: string) => ({ error: () => `${what}; write it as ${example}` });

export const DefaultsSchema = z.strictObject(
  {
    plan: documented(planName.exactOptional(), {
      meaning: "The plan of every tenant that names none.",
      limits: "A built-in plan, or one under `plans`.",
      byDefault: "`small`.",
      change: "as a change of each value in which the two plans differ, for every tenant that names no plan.",
    }),
  },
  shaped("a mapping with the field plan", '"defaults: { plan: small }"'),
);

export const PlanSchema = z.strictObject(
  resourceFields("the value of the built-in plan with this name; for a new name, that of `small`."),
  shaped("a mapping of a plan's values", '"{ memory: 512 MB, maxConnections: 60 }"'),
);

export const TenantSchema = z.strictObject(
  {
    id: documented(
      id,
      {
        meaning: "Names the tenant: the first label of its host, and, with `-` as `_`, its role.",
        limits:
          "3 to 40 characters from a-z, 0-9 and `-`: a letter first, no `-` at the end, no `--`. No reserved word, no two alike.",
        byDefault: "none, must be given.",
        change: "means another tenant: a new, empty one under the new id. The data of the old one is kept.",
      },
      { not: { enum: RESERVED_IDS } },
    ),
    plan: documented(planName.exactOptional(), {
      meaning: "The plan that gives every value which the tenant does not set itself.",
      limits: "A built-in plan, or one under `plans`.",
      byDefault: "`defaults.plan`.",
      change: "as a change of each value in which the two plans differ.",
    }),
    database: documented(database.exactOptional(), {
      meaning: "The name of the tenant's database.",
      limits: "1 to 63 characters from a-z, 0-9 and `_`, a letter first. No reserved word.",
      byDefault: "the id, with `-` as `_`.",
      change: "cannot rename a database that exists: the old database is kept, the new one starts empty.",
    }),
    ...resourceFields("the value of the tenant's plan."),
  },
  shaped("a tenant with an id", '"- id: acme"'),
);

/** More tenants than that do not fit one bridge: it has 1,023 ports, and from about 1,000 on the first ones stop answering. */
const MAX_TENANTS = 500;

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
    tenants: z
      .array(TenantSchema, {
        error: ({ input }) =>
          `a list of tenants; ${input === undefined ? ADD_LIST : 'write each of them as "- id: acme"'}`,
      })
      .min(1, {
        error: () => 'at least one tenant; add "- id: acme", or stop everything with "make down", which keeps the data',
      })
      .max(MAX_TENANTS, {
        error: () => `at most ${MAX_TENANTS} tenants, as many as one bridge serves; move some to a second stack`,
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
