import { z } from "zod";
import { typeTokens } from "../components/names.ts";

/** What a tenant cannot be brought back without. */
const statefulTypes: readonly string[] = ["docker:index/volume:Volume", "random:index/randomPassword:RandomPassword"];

const exportedState = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          type: z.string(),
          urn: z.string(),
          parent: z.string().optional(),
          protect: z.boolean().optional(),
          retainOnDelete: z.boolean().optional(),
        }),
      )
      .optional(),
  }),
});

/**
 * The tenants' volumes and passwords that a destroy of everything unprotected would take, by their names in the stack (`acme-data`,
 * `acme-password`), sorted. Those of a removed tenant are not protected and yet kept. The router's volume is not among them: it is made anew.
 * @param json what `pulumi stack export` printed. @throws Error when it is of another form: then nothing is known to be safe.
 */
export function unprotectedState(json: string): string[] {
  const { resources = [] } = exportedState.parse(JSON.parse(json)).deployment;
  return resources
    .filter(({ type, parent }) => statefulTypes.includes(type) && isTenant(parent))
    .filter(({ protect, retainOnDelete }) => protect !== true && retainOnDelete !== true)
    .map(({ urn }) => nameIn(urn))
    .sort();
}

/** A URN is `urn:pulumi:<stack>::<project>::<types, joined by $>::<name>`. */
function isTenant(urn: string | undefined): boolean {
  return urn?.split("::")[2]?.split("$").at(-1) === typeTokens.tenantDatabase;
}

function nameIn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
