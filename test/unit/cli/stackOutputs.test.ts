import { describe, expect, test } from "vitest";
import { connectionOf } from "../../../cli/pgt/commands/url.ts";
import { connectionFormats, parseStackOutputs } from "../../../cli/stackOutputs.ts";
import { stackOutputs } from "../../support/stackOutputs.ts";

const outputs = stackOutputs("acme");

describe("parseStackOutputs", () => {
  test("keeps what the commands need", () => {
    const { endpoint: _, ...needed } = outputs;
    expect(parseStackOutputs(JSON.stringify(outputs))).toEqual(needed);
  });

  test("a stack that was never deployed gets the command that mends it", () => {
    const message = "the stack's outputs: missing or of another form: tenants, connectionStrings";
    expect(() => parseStackOutputs("{}")).toThrow(expect.objectContaining({ message, fix: "make up" }));
  });

  test("an error shows where, never what: the values are secret", () => {
    const broken = {
      ...outputs,
      connectionStrings: { acme: { ...outputs.connectionStrings["acme"], pgpass: ["not-a-secret"] } },
    };
    expect(() => parseStackOutputs(JSON.stringify(broken))).toThrow(
      /^(?!.*not-a-secret).*connectionStrings\.acme\.pgpass/,
    );
  });

  test("every form that is handed out is known by name", () => {
    expect(connectionFormats).toEqual(Object.keys(outputs.connectionStrings["acme"] ?? {}));
  });

  test("nor does one about a text that is no JSON", () => {
    expect(() => parseStackOutputs('{"connectionStrings": not-a-secret')).toThrow(/^(?!.*not-a-secret)/);
  });
});

describe("a declared role's connection", () => {
  const own = outputs.connectionStrings["acme"];
  if (own === undefined) throw new Error("acme has no connection strings");
  const reporting = { ...own, uri: "postgresql://reporting@acme" };
  const parsed = parseStackOutputs(
    JSON.stringify({ ...outputs, connectionStrings: { acme: { ...own, roles: { reporting } } } }),
  );
  const acme = parsed.connectionStrings["acme"] ?? own;

  test("is found by its name, the tenant's own without one", () => {
    expect(connectionOf(acme, "acme", "reporting")).toEqual(reporting);
    expect(connectionOf(acme, "acme", undefined)).toEqual(own);
  });

  test.each(["other", "constructor", ""])("is refused for %j, with those that there are", (role) => {
    expect(() => connectionOf(acme, "acme", role)).toThrow(`acme: got the role "${role}", expected one of reporting`);
    expect(() => connectionOf(own, "acme", role)).toThrow("expected a declared role that logs in, and it has none");
  });
});
