import { describe, expect, test } from "vitest";
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
