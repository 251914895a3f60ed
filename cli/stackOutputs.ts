import { z } from "zod";
import { OperatorError } from "./operatorError.ts";

const tenant = z.object({
  host: z.string(),
  port: z.number(),
  state: z.enum(["running", "stopped"]),
});

const connection = z.object({ pgService: z.string(), pgpass: z.string() });

const stackOutputs = z.object({
  tenants: z.record(z.string(), tenant),
  connectionStrings: z.record(z.string(), connection),
  caCertificate: z.string().nullish(),
});

/** What the status needs of the stack's outputs, secrets in clear. */
export type StackOutputs = z.infer<typeof stackOutputs>;

/** One tenant's row of the output `tenants`. */
export type TenantOutput = z.infer<typeof tenant>;

/**
 * Reads what `pulumi stack output --json --show-secrets` printed.
 * @throws OperatorError when outputs are missing, as before the first `make up`; the message holds no value, because values are secret.
 */
export function parseStackOutputs(json: string): StackOutputs {
  const parsed = stackOutputs.safeParse(parseJson(json));
  if (parsed.success) return parsed.data;
  const paths = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
  throw new OperatorError(`the stack's outputs: missing or of another form: ${paths}`, "make up");
}

/** Without the text in the error: Node.js would print it, secrets included. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Error("the stack's outputs: got something else than JSON from pulumi");
  }
}
