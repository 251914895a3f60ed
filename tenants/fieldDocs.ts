import * as z from "zod";

/** What the reference and the editor say about a field. */
interface FieldDoc {
  readonly meaning: string;
  readonly limits: string;
  readonly byDefault: string;
  /** What a change of the value does to a tenant that runs. */
  readonly change: string;
}

/** The words for each field of the file, read by the reference. */
export const fieldDocs = z.registry<FieldDoc>();

/** Attaches the words to a field's schema, for the reference and, as its description, for editors. */
export function documented<S extends z.ZodType>(schema: S, doc: FieldDoc, json: Record<string, unknown> = {}): S {
  fieldDocs.add(schema, doc);
  const description = `${doc.meaning} ${doc.limits} Default: ${doc.byDefault} A change: ${doc.change}`;
  z.globalRegistry.add(schema, { description, ...json });
  return schema;
}
