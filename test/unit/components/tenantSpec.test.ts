import { describe, expect, test } from "vitest";
import {
  limitsOf,
  noLimits,
  parseTenantSpec,
  renderTenantSpec,
  renderVariable,
  type TenantSpec,
} from "../../../components/tenantSpec.ts";
import { tenant } from "../../support/tenants.ts";

const spec: TenantSpec = {
  owner: "acme",
  verifier: "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy",
  database: "acme_prod",
  connectionLimit: 40,
  access: { login: true, allow: ["203.0.113.0/24"] },
  settings: { authentication_timeout: "10s", effective_cache_size: "192MB" },
  limits: { readOnly: false, allowDdl: true, statement: 30_000, idle: 600_000, lock: 0 },
};

describe("renderTenantSpec", () => {
  test("renders one line of data", async () => {
    await expect(renderTenantSpec(spec)).toMatchFileSnapshot("../../golden/tenantSpec.sql");
  });

  // What PostgreSQL makes of such names is shown end to end, in test/e2e/tenantSql.test.ts.
  test.each(["'", "\\", "'; DROP DATABASE postgres; --", "\\'", "$$", ":'spec'", "`id`", "\n"])(
    "keeps %j on the line and inside the quotes",
    (text) => {
      const rendered = renderTenantSpec({ ...spec, database: text });
      const quoted = /^\\set spec '(.*)'\n$/.exec(rendered)?.[1] ?? "";
      expect(quoted.replaceAll("''", "")).not.toContain("'");
      expect(JSON.parse(quoted.replaceAll("''", "'").replaceAll("\\\\", "\\")).database).toBe(text);
      expect(parseTenantSpec(rendered.trimEnd())).toEqual({ ...spec, database: text });
    },
  );
});

test("limits are those of the tenant; a specification from before there were any has none", () => {
  const limited = tenant({
    readOnly: true,
    allowDdl: false,
    statementTimeoutMs: 1,
    idleInTransactionTimeoutMs: 2,
    lockTimeoutMs: 3,
  });
  expect(limitsOf(limited)).toEqual({ readOnly: true, allowDdl: false, statement: 1, idle: 2, lock: 3 });
  const { limits: _, ...before } = spec;
  expect(parseTenantSpec(renderVariable("spec", before).trimEnd()).limits).toEqual(noLimits);
});

test.each(["", "\\set other '{}'", "\\set spec '{}'", "\\set spec 'not-a-secret'"])(
  "parseTenantSpec refuses %j and does not tell it, as it is secret",
  (line) => {
    expect(() => parseTenantSpec(line)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("not-a-secret") }),
    );
  },
);
