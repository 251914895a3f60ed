import { describe, expect, test } from "vitest";
import { renderTenantSql, type TenantSqlSpec } from "../../../components/tenantSql.ts";

const spec: TenantSqlSpec = {
  owner: "acme",
  verifier: "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy",
  database: "acme_prod",
  connectionLimit: 40,
  access: { login: true, allow: ["203.0.113.0/24"] },
  settings: { authentication_timeout: "10s", effective_cache_size: "192MB" },
};

describe("renderTenantSql", () => {
  test("renders one line of data and constant statements", async () => {
    await expect(renderTenantSql(spec)).toMatchFileSnapshot("../../golden/tenant.sql");
  });

  test("data changes the first line only", () => {
    const rest = (sql: string) => sql.slice(sql.indexOf("\n"));
    expect(rest(renderTenantSql({ ...spec, owner: "globex", settings: {} }))).toBe(rest(renderTenantSql(spec)));
  });

  // What PostgreSQL makes of such names is shown end to end, in test/e2e/tenantSql.test.ts.
  test.each(["'", "\\", "'; DROP DATABASE postgres; --", "\\'", "$$", ":'spec'", "`id`", "\n"])(
    "keeps %j inside the quotes",
    (text) => {
      const [first = ""] = renderTenantSql({ ...spec, database: text }).split("\n");
      const quoted = /^\\set spec '(.*)'$/.exec(first)?.[1] ?? "";
      expect(quoted.replaceAll("''", "")).not.toContain("'");
      expect(JSON.parse(quoted.replaceAll("''", "'").replaceAll("\\\\", "\\")).database).toBe(text);
    },
  );
});
