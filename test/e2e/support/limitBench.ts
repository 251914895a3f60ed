import { expect } from "vitest";
import { scramVerifier } from "../../../components/scramVerifier.ts";
import { reloadSettings } from "../../../components/serverSettings.ts";
import { statements } from "../../../components/statements.ts";
import { limitsOf, renderTenantSpec } from "../../../components/tenantSpec.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { tenant } from "../../support/tenants.ts";
import { applySql, overTcp } from "./imageContainer.ts";
import { type Finished, outputOf } from "./shell.ts";

/** A server of the tenant acme, to try its limits. */
export interface LimitBench {
  /** Deploys limits, as the program's step does. */
  readonly limit: (limits: Partial<Tenant>) => Promise<void>;
  /** What a session of the tenant's comes to, and how long it takes in seconds. `more` goes into its connection string, and wins. */
  readonly as: (sql: string, more?: string) => Promise<Finished & { readonly seconds: number }>;
  /** What a statement of the superuser in the tenant's database prints. */
  readonly inside: (sql: string) => Promise<string>;
}

/** @param container of the tenants' image, running. */
export function limitBench(container: string): LimitBench {
  return {
    limit: async (limits) => {
      const limited = tenant(limits);
      const spec = renderTenantSpec({
        owner: "acme",
        verifier: scramVerifier("acme.example.com", "nobodys"),
        database: "acme",
        connectionLimit: limited.maxConnections,
        access: { login: true, allow: [] },
        settings: { ...reloadSettings(limited, "none"), archive_command: "/bin/true" },
        limits: limitsOf(limited),
      });
      const applied = await applySql(container, { readySeconds: 30, diskMiB: 10_240 }, spec + statements());
      expect(applied).toMatchObject({ code: 0, stderr: "" });
    },
    as: async (sql, more = "") => {
      const begun = Date.now();
      const finished = await overTcp(container, `user=acme password=nobodys dbname=acme ${more}`, sql);
      return { ...finished, seconds: (Date.now() - begun) / 1000 };
    },
    inside: (sql) => {
      const options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--file=-"];
      const settings =
        "PGOPTIONS=-c default_transaction_read_only=off -c search_path=pg_catalog -c statement_timeout=0 -c role=none";
      const psql = ["exec", "--interactive", "--env", settings, container, "psql", ...options, "--dbname=acme"];
      return outputOf("docker", psql, sql);
    },
  };
}
