import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Drift } from "../../../cli/pgt/drift/drift.ts";
import { kinds } from "../../../cli/pgt/drift/kinds.ts";
import { codeOf, documentOf, type Look, renderDrift, renderMarkdown } from "../../../cli/pgt/drift/renderDrift.ts";

const memory: Drift = {
  subject: "acme",
  kind: "memory",
  found: "512 MB",
  expected: "256 MB",
  fix: "pulumi up --refresh",
};
const recreated: Drift = {
  subject: "globex",
  kind: "container-recreated",
  found: "a|b\x1b[31m",
  expected: "container pgtenants-dev.globex as it was deployed",
  fix: "pgt start",
};
const clean: Look = { drift: [], unknown: [], due: [], tenants: 3, containers: 4 };
const unknown = [{ subject: "hooli", reason: "docker exec: no answer" }];

test.each([
  [clean, 0],
  [{ ...clean, due: ["acme"] }, 0],
  [{ ...clean, drift: [memory] }, 1],
  [{ ...clean, unknown }, 2],
  [{ ...clean, drift: [memory], unknown }, 2],
])("case %#", (look, code) => {
  expect(codeOf(look)).toBe(code);
});

test("for people: what is otherwise, and what puts it right, without anything that writes on the terminal", () => {
  expect(renderDrift({ ...clean, drift: [memory, recreated], unknown, due: ["acme", "hooli"] })).toBe(
    [
      "TENANT  DRIFT                FOUND        EXPECTED                                           PULUMI UP",
      "acme    memory               512 MB       256 MB                                             does not notice",
      "globex  container-recreated  a|b\\x1b[31m  container pgtenants-dev.globex as it was deployed  does not notice",
      "",
      "To put it right:",
      "  acme, memory: pulumi up --refresh",
      "  globex, container-recreated: pgt start (restarts it)",
      "",
      "hooli: not looked at: docker exec: no answer",
      "A deployment is due for acme, hooli; all is held against the last one.",
      "2 findings: 3 tenants, 4 containers, 1 not looked at",
      "",
    ].join("\n"),
  );
  expect(renderDrift(clean)).toBe("no drift: 3 tenants, 4 containers\n");
});

test("for a page", () => {
  expect(renderMarkdown({ ...clean, drift: [recreated] })).toBe(
    [
      "| Tenant | Drift | Found | Expected | `pulumi up` | Put right by |",
      "| --- | --- | --- | --- | --- | --- |",
      "| globex | container-recreated | a\\|b\\x1b[31m | container pgtenants-dev.globex as it was deployed | does not notice | `pgt start` (restarts it) |",
      "",
      "1 finding: 3 tenants, 4 containers",
      "",
    ].join("\n"),
  );
  expect(renderMarkdown(clean)).toBe("no drift: 3 tenants, 4 containers\n");
});

test("for programs", () => {
  expect(documentOf({ ...clean, drift: [memory], due: ["hooli"] })).toEqual({
    status: "drift",
    findings: [{ ...memory, up: "does not notice", restarts: "nothing" }],
    unknown: [],
    deploymentDue: ["hooli"],
    lookedAt: { tenants: 3, containers: 4 },
  });
  expect(documentOf({ ...clean, unknown }).status).toBe("unknown");
  expect(documentOf(clean).status).toBe("clean");
});

test("docs/drift.md has every kind, with what pulumi up does and what its fix restarts, and no other", () => {
  const page = readFileSync(new URL("../../../docs/drift.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (.*?) \| (.*?) \| (.*?) \| .* \|$/gm)].map((row) =>
    row.slice(1, 5),
  );
  const expected = Object.entries(kinds).map(([kind, { what, up, restarts }]) => [kind, what, up, restarts]);
  expect(rows).toEqual(expected);
});
