import { describe, expect, test } from "vitest";
import { parseStackOutputs } from "../../../cli/stackOutputs.ts";

const outputs = {
  tenants: { acme: { host: "acme.db.localhost", port: 5432, database: "acme", user: "acme", state: "running" } },
  connectionStrings: { acme: { uri: "postgresql://", pgService: "[acme]\n", pgpass: "h:5432:acme:acme:not-a-secret" } },
  endpoint: "*.db.localhost:5432",
  caCertificate: null,
};

describe("parseStackOutputs", () => {
  test("keeps what the status needs", () => {
    expect(parseStackOutputs(JSON.stringify(outputs))).toEqual({
      tenants: { acme: { host: "acme.db.localhost", port: 5432, state: "running" } },
      connectionStrings: { acme: { pgService: "[acme]\n", pgpass: "h:5432:acme:acme:not-a-secret" } },
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
