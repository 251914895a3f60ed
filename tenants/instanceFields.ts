import * as z from "zod";
import { backupSchema } from "./backupFields.ts";
import { documented } from "./fieldDocs.ts";
import { name, word } from "./fields.ts";
import { id } from "./idField.ts";
import { PLAN_PATTERN } from "./names.ts";
import { resourceFields } from "./resourceFields.ts";

const planName = name({
  expected: 'a plan name of 1 to 40 characters from a-z, 0-9 and "-", a letter first',
  pattern: PLAN_PATTERN,
  separator: "-",
  whyReserved: () => undefined,
  otherwise: 'choose a name such as "large"',
});

const ofPlan = "the value of the instance's plan.";

const { readOnly: _, allowDdl: __, ...serverFields } = resourceFields(ofPlan);

/** A server that tenants share. */
export const InstanceSchema = z.strictObject(
  {
    id: documented(id(), {
      meaning:
        "Names the instance: its container and its volume, and what `instance` of a tenant says. It has no host.",
      limits: "As the id of a tenant, and none that a tenant has.",
      byDefault: "none, must be given.",
      change: "makes it another instance, and the old one is missing, which is an error.",
    }),
    plan: documented(planName.exactOptional(), {
      meaning: "The plan that gives every value which the instance does not set itself: for all its tenants together.",
      limits: "A built-in plan, or one under `plans`.",
      byDefault: "`defaults.plan`.",
      change: "the same as changing each value in which the two plans differ.",
    }),
    ...serverFields,
    backup: backupSchema(ofPlan).exactOptional().register(z.globalRegistry, {
      description: "How backups of the whole instance are made, and how long they are kept.",
    }),
    state: documented(word(["running", "stopped", "removed"]).exactOptional(), {
      meaning: "As for a tenant. `stopped` stops everybody who is on it; `removed` is refused while somebody is.",
      limits: "`running`, `stopped` or `removed`; `removed` needs `confirm`.",
      byDefault: "`running`.",
      change: "as for a tenant, for all its tenants.",
    }),
    confirm: documented(
      z
        .string({ error: () => 'the id of the instance and a date; write it as "confirm: shared-1 2026-11-21"' })
        .exactOptional(),
      {
        meaning: "Says that the removal of this instance is meant.",
        limits: "The instance's id and today's date. Only with `state: removed`.",
        byDefault: "none.",
        change: "nothing by itself.",
      },
    ),
  },
  { error: () => 'an instance with an id; write it as "- id: shared-1"' },
);

/** An instance as written. */
export type InstanceEntry = z.infer<typeof InstanceSchema>;
