import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { superuserEnvironment, superuserSettings } from "../../../components/superuserSession.ts";

const folder = new URL("../../../images/postgres/", import.meta.url);

test("the image's scripts and the program begin the superuser's sessions alike", () => {
  const script = readFileSync(new URL("session.sh", folder), "utf8");
  const [, options = ""] = /^PGOPTIONS='\n(.*)\n'$/ms.exec(script) ?? [];
  expect(options.replaceAll("\n", " ")).toBe(superuserEnvironment()["PGOPTIONS"]);
  expect(script).toContain("\nexport PGCLIENTENCODING=UTF8\n");
  expect(superuserEnvironment()["PGCLIENTENCODING"]).toBe("UTF8");
});

test("another value takes the place of one, with its blanks quoted", () => {
  const { PGOPTIONS } = superuserEnvironment({ statement_timeout: "15 s" });
  expect(PGOPTIONS).toContain("-c statement_timeout=15\\ s");
  expect(PGOPTIONS?.match(/statement_timeout/g)).toHaveLength(1);
  expect(Object.keys(superuserSettings)).toContain("standard_conforming_strings");
});

test("a password that is set in one is stored for SCRAM, whatever the database says", () => {
  expect(superuserEnvironment()["PGOPTIONS"]).toContain(" -c password_encryption=scram-sha-256 ");
});

// As the tenant, in a source's server, or in a cluster that nobody has had yet.
const others = ["import-dump.sh", "import-load.sh", "make-template.sh"];

test.each(readdirSync(folder).filter((name) => name.endsWith(".sh") && !others.includes(name)))(
  "%s asks the server in such a session only",
  (name) => {
    const text = readFileSync(new URL(name, folder), "utf8").replaceAll(/^\s*#.*$/gm, "");
    const asked = text.search(/\b(psql|vacuumdb|pg_amcheck) --/);
    if (asked === -1) return;
    expect(text.slice(0, asked)).toMatch(/^\. "\$\{0%\/\*\}\/session\.sh"$/m);
  },
);
