import { z } from "zod";
import type { ConnectionStrings } from "../components/connectionStrings.ts";
import { OperatorError } from "./operatorError.ts";

const tenant = z.object({
  host: z.string(),
  port: z.number(),
  state: z.enum(["running", "stopped"]),
  access: z.object({ enabled: z.boolean(), allow: z.array(z.string()) }),
  tls: z.enum(["terminate", "passthrough"]),
  address: z.string(),
  memoryMiB: z.number(),
  diskMiB: z.number(),
  instance: z.string().optional(),
  pooler: z.object({ host: z.string(), address: z.string(), mode: z.string() }).optional(),
});

const connection = z.object({
  uri: z.string(),
  psql: z.string(),
  psqlDirect: z.string(),
  jdbc: z.string(),
  dotenv: z.string(),
  nodePostgres: z.string(),
  prisma: z.string(),
  npgsql: z.string(),
  pgService: z.string(),
  pgpass: z.string(),
} satisfies Record<keyof ConnectionStrings, z.ZodType>);

const roleConnections = connection.extend({ pooled: connection.optional() });
const tenantConnections = roleConnections.extend({ roles: z.record(z.string(), roleConnections).optional() });

const stackOutputs = z.object({
  tenants: z.record(z.string(), tenant),
  connectionStrings: z.record(z.string(), tenantConnections),
  caCertificate: z.string().nullish(),
});

/** What the commands need of the stack's outputs, secrets in clear. */
export type StackOutputs = z.infer<typeof stackOutputs>;

/** One tenant's row of the output `tenants`. */
export type TenantOutput = z.infer<typeof tenant>;

/** The forms in which connections are handed out. */
export const connectionFormats = Object.keys(connection.shape) as readonly (keyof ConnectionStrings)[];

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
