import { describe, expect, test } from "vitest";
import { refusal } from "../../support/fixtures/read.ts";

/** What would end a rule, a template, an SQL statement, a shell command, a path or a line, or look like another name. */
const ATTACKS: readonly string[] = [
  "a`) || HostSNI(`*`)",
  "*",
  "*.acme",
  '{{ env "HOME" }}',
  "acme{{.}}",
  'acme"; DROP DATABASE globex; --',
  "acme'; DROP ROLE globex; --",
  "$(id)",
  "`id`",
  ";id",
  "acme && id",
  "| id",
  "../../etc/passwd",
  "acme/../globex",
  "..",
  "acme\n- id: evil",
  "acme\r\nHost: evil",
  "acme\0",
  "acme\u202exe",
  "acme\u200b",
  "\u0430cme",
  "\uff41cme",
  "acme\u0301",
  "%n%n%s",
  "%00",
  "acme\u001b[2J",
  "acme@globex",
  "acme:5432",
  "acme,globex",
  "acme host=evil",
  "-acme",
  "--help",
  "acme\ud800",
];

const FILES: Readonly<Record<string, (value: string) => unknown>> = {
  "tenants[].id": (value) => ({ tenants: [{ id: value }] }),
  "tenants[].plan": (value) => ({ tenants: [{ id: "acme", plan: value }] }),
  "tenants[].database": (value) => ({ tenants: [{ id: "acme", database: value }] }),
  "tenants[].memory": (value) => ({ tenants: [{ id: "acme", memory: value }] }),
  "tenants[].cpuShares": (value) => ({ tenants: [{ id: "acme", cpuShares: value }] }),
  "tenants[].maxConnections": (value) => ({ tenants: [{ id: "acme", maxConnections: value }] }),
  "tenants[].sharedBuffers": (value) => ({ tenants: [{ id: "acme", sharedBuffers: value }] }),
  "tenants[].user": (value) => ({ tenants: [{ id: "acme", user: value }] }),
  "tenants[].state": (value) => ({ tenants: [{ id: "acme", state: value }] }),
  "tenants[].confirm": (value) => ({ tenants: [{ id: "acme", state: "removed", confirm: value }] }),
  "tenants[].confirm, with a date": (value) => ({
    tenants: [{ id: "acme", state: "removed", confirm: `${value} 2026-11-21` }],
  }),
  "tenants[].renamedFrom": (value) => ({ tenants: [{ id: "acme", renamedFrom: value }] }),
  "tenants[].renamedFrom[]": (value) => ({ tenants: [{ id: "acme", renamedFrom: ["acme-old", value] }] }),
  "tenants[].access": (value) => ({ tenants: [{ id: "acme", access: value }] }),
  "tenants[].access.enabled": (value) => ({ tenants: [{ id: "acme", access: { enabled: value } }] }),
  "tenants[].access.allow": (value) => ({ tenants: [{ id: "acme", access: { allow: value } }] }),
  "tenants[].access.allow[]": (value) => ({ tenants: [{ id: "acme", access: { allow: ["10.0.0.0/8", value] } }] }),
  "tenants[].access.allow[], behind a network": (value) => ({
    tenants: [{ id: "acme", access: { allow: [`10.0.0.0/8${value}`] } }],
  }),
  "tenants[].password": (value) => ({ tenants: [{ id: "acme", password: value }] }),
  "tenants[].tls": (value) => ({ tenants: [{ id: "acme", tls: value }] }),
  "tenants[].volume": (value) => ({ tenants: [{ id: "acme", volume: value }] }),
  "tenants[].disk": (value) => ({ tenants: [{ id: "acme", disk: value }] }),
  "tenants[].statementTimeout": (value) => ({ tenants: [{ id: "acme", statementTimeout: value }] }),
  "tenants[].idleInTransactionTimeout": (value) => ({ tenants: [{ id: "acme", idleInTransactionTimeout: value }] }),
  "tenants[].lockTimeout": (value) => ({ tenants: [{ id: "acme", lockTimeout: value }] }),
  "tenants[].tempFileLimit": (value) => ({ tenants: [{ id: "acme", tempFileLimit: value }] }),
  "a field's name in access": (value) => ({ tenants: [{ id: "acme", access: { [value]: true } }] }),
  "defaults.plan": (value) => ({ defaults: { plan: value }, tenants: [{ id: "acme" }] }),
  "plans.small.memory": (value) => ({ plans: { small: { memory: value } }, tenants: [{ id: "acme" }] }),
  "a plan's name": (value) => ({ plans: { [value]: { memory: "1 GB" } }, tenants: [{ id: "acme" }] }),
  "a field's name": (value) => ({ tenants: [{ id: "acme", [value]: 1 }] }),
  "a top level name": (value) => ({ tenants: [{ id: "acme" }], [value]: 1 }),
};

describe.each(Object.entries(FILES))("%s", (_, file) => {
  test.each(ATTACKS)("%j is refused, and told in one printable line", (attack) => {
    // JSON is YAML: the text arrives in the field as it is, not as syntax.
    const { name, message } = refusal(JSON.stringify(file(attack)));
    expect(name).toBe("TenantsFileError");
    expect(message).toMatch(/^tenants\.yaml:1:[0-9]+ [\x20-\x7e]+$/);
  });
});
