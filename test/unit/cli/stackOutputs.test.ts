import { describe, expect, test } from "vitest";
import { parseStackOutputs } from "../../../cli/stackOutputs.ts";

const forms = ["uri", "psql", "psqlDirect", "jdbc", "dotenv", "nodePostgres", "prisma", "npgsql"];
const strings = {
  ...Object.fromEntries(forms.map((form) => [form, `${form} of acme`])),
  pgService: "[acme]\n",
  pgpass: "h:5432:acme:acme:not-a-secret",
};
const limits = { memoryMiB: 256, diskMiB: 10_240 };
const access = { enabled: true, allow: [] };
const acme = {
  host: "acme.db.localhost",
  port: 5432,
  state: "running",
  access,
  tls: "terminate",
  address: "198.18.7.7",
  ...limits,
};

const outputs = {
  tenants: { acme: { ...acme, database: "acme", user: "acme" } },
  connectionStrings: { acme: strings },
  endpoint: "*.db.localhost:5432",
  caCertificate: null,
};

describe("parseStackOutputs", () => {
  test("keeps what the status needs", () => {
    expect(parseStackOutputs(JSON.stringify(outputs))).toEqual({
      tenants: { acme },
      connectionStrings: { acme: strings },
      caCertificate: null,
    });
  });

  test("a stack that was never deployed gets the command that mends it", () => {
    const message = "the stack's outputs: missing or of another form: tenants, connectionStrings";
    expect(() => parseStackOutputs("{}")).toThrow(expect.objectContaining({ message, fix: "make up" }));
  });

  test("an error shows where, never what: the values are secret", () => {
    const broken = { ...outputs, connectionStrings: { acme: { pgpass: ["not-a-secret"], pgService: "" } } };
    expect(() => parseStackOutputs(JSON.stringify(broken))).toThrow(
      /^(?!.*not-a-secret).*connectionStrings\.acme\.pgpass/,
    );
  });

  test("nor does one about a text that is no JSON", () => {
    expect(() => parseStackOutputs('{"connectionStrings": not-a-secret')).toThrow(/^(?!.*not-a-secret)/);
  });
});
