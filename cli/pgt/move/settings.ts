import * as z from "zod";
import { renderVariable } from "../../../components/tenantSpec.ts";

const settings = z.array(z.object({ database: z.boolean(), role: z.boolean(), name: z.string(), value: z.string() }));

/**
 * The SQL that sets again what `move.sh settings` has printed, for the tenant's own role in its own database. A value comes to the server as a
 * value: lists are quoted in the catalog already, so no text can be made of them. @throws Error when it is of another form.
 */
export function renderSettings(printed: string): string {
  const found = settings.parse(JSON.parse(printed));
  return `${renderVariable("settings", found)}${statement}`;
}

const statement = `SELECT format('SELECT set_config(%L, %L, false)', name, value),
       format('ALTER %s SET %I FROM CURRENT',
              CASE WHEN role THEN format('ROLE %I', current_user) || CASE WHEN database THEN format(' IN DATABASE %I', current_database()) ELSE '' END
              ELSE format('DATABASE %I', current_database()) END, name)
  FROM jsonb_to_recordset(:'settings'::jsonb) AS setting (database boolean, role boolean, name text, value text)
\\gexec
`;
