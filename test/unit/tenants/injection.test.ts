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
