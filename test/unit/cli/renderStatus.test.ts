import { describe, expect, test } from "vitest";
import { forTerminal } from "../../../cli/psql.ts";
import { type Answer, allAnswered, renderStatus, type TenantStatus } from "../../../cli/renderStatus.ts";

const access = { enabled: true, allow: [] };
const tenant = {
  port: 5432,
  access,
  tls: "terminate",
  address: "198.18.7.7",
  memoryMiB: 256,
  diskMiB: 10_240,
} as const;

function status(id: string, answer: Answer): TenantStatus {
  const state = answer.kind === "stopped" ? "stopped" : "running";
  return { id, tenant: { ...tenant, host: `${id}.db.localhost`, state }, answer };
}

const answered = { kind: "answered", milliseconds: 42 } as const;
const failed = { kind: "failed", reason: "no answer within 5 s" } as const;

describe("renderStatus", () => {
  test("one line for each tenant in columns, then what failed, then the sum", () => {
    const statuses = [status("acme", answered), status("globex-eu", failed), status("hooli", { kind: "stopped" })];
    expect(renderStatus(statuses, "/s/pg_service.conf", ["psql"])).toMatchInlineSnapshot(`
      "TENANT     HOST                         STATE                       PSQL
      acme       acme.db.localhost:5432       running, answered in 42 ms  PGSERVICEFILE=/s/pg_service.conf psql service=acme
      globex-eu  globex-eu.db.localhost:5432  NO ANSWER                   PGSERVICEFILE=/s/pg_service.conf psql service=globex-eu
      hooli      hooli.db.localhost:5432      stopped                     PGSERVICEFILE=/s/pg_service.conf psql service=hooli

      globex-eu: no answer within 5 s
      1 of 2 running tenants answered select now() through the router, certificate verified in full (verify-full).
      "
    `);
  });

  test("where the machine has no psql, the line to paste has the one that asked", () => {
    const words = forTerminal(["docker", "run", "--rm", "--entrypoint=psql", "pgtenants/postgres:test"]);
    expect(renderStatus([status("acme", answered)], "/s/pg_service.conf", words)).toContain(
      "PGSERVICEFILE=/s/pg_service.conf docker run --rm --interactive --tty --entrypoint=psql pgtenants/postgres:test service=acme",
    );
  });

  test("a path with blanks and quotes is one word of the shell", () => {
    expect(renderStatus([status("acme", answered)], "/home/o'hara/my state/pg_service.conf", ["psql"])).toContain(
      "PGSERVICEFILE='/home/o'\\''hara/my state/pg_service.conf' psql service=acme",
    );
  });

  test("without tenants there is a header and a sum", () => {
    expect(renderStatus([], "/s/pg_service.conf", ["psql"])).toContain("0 of 0 running tenants answered");
  });
});

test.each([
  [[status("acme", answered), status("hooli", { kind: "stopped" })], true],
  [[status("acme", answered), status("globex", failed)], false],
  [[], true],
])("allAnswered: case %#", (statuses, expected) => {
  expect(allAnswered(statuses)).toBe(expected);
});
