import * as z from "zod";
import { SettingsSchema } from "./allowedSettings.ts";
import { databases, extensions, schemas } from "./databaseFields.ts";
import { roles } from "./roleFields.ts";

/** What is declared inside a tenant's server, in the order of the reference. */
export const declaredFields = {
  databases,
  roles,
  extensions,
  schemas,
  settings: SettingsSchema.exactOptional().register(z.globalRegistry, { description: "Settings of PostgreSQL." }),
};
