import { describe, expect, test } from "vitest";
import { forTerminal } from "../../../cli/psql.ts";
import { type Answer, allAnswered, psqlLineFor, renderStatus, type TenantStatus } from "../../../cli/renderStatus.ts";
import { tenantOutput } from "../../support/stackOutputs.ts";

function status(id: string, answer: Answer): TenantStatus {
  const state = answer.kind === "stopped" ? "stopped" : "running";
  return { id, tenant: { ...tenantOutput(id), state }, answer };
}

const answered = { kind: "answered", milliseconds: 42 } as const;
const failed = { kind: "failed", reason: "no answer within 5 s" } as const;

const line = psqlLineFor(["psql"], "/s/pg_service.conf", "dev");

describe("renderStatus", () => {
  test("one line for each tenant in columns, then what failed, then the sum", () => {
    const statuses = [status("acme", answered), status("globex-eu", failed), status("hooli", { kind: "stopped" })];
    expect(renderStatus(statuses, line)).toMatchInlineSnapshot(`
      "TENANT     HOST                         STATE                       PSQL
      acme       acme.db.localhost:5432       running, answered in 42 ms  PGSERVICEFILE=/s/pg_service.conf psql service=acme
      globex-eu  globex-eu.db.localhost:5432  NO ANSWER                   PGSERVICEFILE=/s/pg_service.conf psql service=globex-eu
      hooli      hooli.db.localhost:5432      stopped                     PGSERVICEFILE=/s/pg_service.conf psql service=hooli

      globex-eu: no answer within 5 s
      1 of 2 running tenants answered select now() through the router, certificate verified in full (verify-full).
      "
    `);
  });

  test("for something on standard input the psql in the image has no terminal", () => {
    expect(forTerminal(["docker", "run", "--rm", "image"], false)).toEqual([
      "docker",
      "run",
      "--rm",
      "--interactive",
      "image",
    ]);
    expect(forTerminal(["psql"], false)).toEqual(["psql"]);
  });

  test("where the machine has no psql, the line to paste is pgt's", () => {
    const line = psqlLineFor(["docker", "run", "--rm", "image"], "/s/pg_service.conf", "dev");
    expect(renderStatus([status("acme", answered)], line)).toContain("42 ms  ./pgt --stack dev psql acme\n");
  });

  test("a path with blanks and quotes is one word of the shell", () => {
    const line = psqlLineFor(["psql"], "/home/o'hara/my state/pg_service.conf", "dev");
    expect(line("acme")).toBe("PGSERVICEFILE='/home/o'\\''hara/my state/pg_service.conf' psql service=acme");
  });

  test("without tenants there is a header and a sum", () => {
    expect(renderStatus([], line)).toContain("0 of 0 running tenants answered");
  });
});

test("a tenant that lets nobody in from here was not asked, and is no failure", () => {
  const statuses = [status("acme", { kind: "closed" }), status("hooli", { kind: "restricted" })];
  const rendered = renderStatus(statuses, line);
  expect(rendered).toMatch(/^acme .* running, access off /m);
  expect(rendered).toMatch(/^hooli .* running, lets nobody in from here /m);
  expect(rendered).toContain("0 of 0 running tenants answered");
  expect(allAnswered(statuses)).toBe(true);
});

test.each([
  [[status("acme", answered), status("hooli", { kind: "stopped" })], true],
  [[status("acme", answered), status("globex", failed)], false],
  [[], true],
])("allAnswered: case %#", (statuses, expected) => {
  expect(allAnswered(statuses)).toBe(expected);
});
