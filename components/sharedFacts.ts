import type { SharedTenant } from "../tenants/sharedTenant.ts";

/** What a preview tells of a tenant on an instance: what the stack's outputs leave out, and the step's standard input hides. */
export type SharedFacts = Pick<
  SharedTenant,
  "maxConnections" | "statementTimeoutMs" | "idleInTransactionTimeoutMs" | "password" | "passwordVersion"
>;

/** What most tenants have. It is left out, since each value costs the state twice for every tenant. */
const usual = {
  statementTimeoutMs: 0,
  idleInTransactionTimeoutMs: 600_000,
  password: "generated",
  passwordVersion: 1,
} as const;

/**
 * A line for each tenant, by its first id, so that what was deployed can be compared with what is to be, also by `pulumi preview --diff`. In the order
 * of those ids; no secrets. The longest that a tenant can have are 166 characters, and an environment variable holds 131,071. Pure.
 */
export function renderSharedFacts(tenants: readonly SharedTenant[]): string {
  return tenants
    .toSorted((one, other) => (one.origin < other.origin ? -1 : 1))
    .map((tenant) => {
      const { maxConnections, statementTimeoutMs, idleInTransactionTimeoutMs, password, passwordVersion } = tenant;
      const others = { statementTimeoutMs, idleInTransactionTimeoutMs, password, passwordVersion };
      const told = Object.entries(others).filter(([name, value]) => value !== Object(usual)[name]);
      return [tenant.origin, ...[["maxConnections", maxConnections], ...told].map((pair) => pair.join("="))].join(" ");
    })
    .join("\n");
}

/** The same by first id; none of a deployment that did not say it. Pure. */
export function parseSharedFacts(text: unknown): ReadonlyMap<string, SharedFacts> {
  if (typeof text !== "string" || text === "") return new Map();
  return new Map(
    text.split("\n").map((line) => {
      const [id = "", ...pairs] = line.split(" ");
      const told = new Map(pairs.map((pair) => [pair.replace(/=.*/, ""), pair.replace(/^[^=]*=/, "")]));
      const number = (name: keyof SharedFacts, otherwise: number) => Number(told.get(name) ?? otherwise);
      return [
        id,
        {
          maxConnections: number("maxConnections", 0),
          statementTimeoutMs: number("statementTimeoutMs", usual.statementTimeoutMs),
          idleInTransactionTimeoutMs: number("idleInTransactionTimeoutMs", usual.idleInTransactionTimeoutMs),
          password: told.get("password") === "custom" ? "custom" : usual.password,
          passwordVersion: number("passwordVersion", usual.passwordVersion),
        },
      ];
    }),
  );
}
