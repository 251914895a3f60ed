import { describe, expect, test } from "vitest";
import { staticArguments } from "../../../components/staticConfig.ts";

const settings = { listenAddress: "*", port: 5432, proxyProtocolFrom: [] };
const argumentOf = (name: string, given: Partial<typeof settings>) =>
  staticArguments({ ...settings, ...given })
    .filter((argument) => argument.startsWith(`--${name}=`))
    .map((argument) => argument.slice(name.length + 3));

describe("staticArguments", () => {
  test.each([
    ["*", ":5432"],
    ["203.0.113.7", "203.0.113.7:5432"],
    ["::", "[::]:5432"],
    ["2001:db8::7", "[2001:db8::7]:5432"],
  ])("listens on %s", (listenAddress, expected) => {
    expect(argumentOf("entryPoints.postgres.address", { listenAddress })).toEqual([expected]);
  });

  test("looks for no PROXY protocol header unless somebody is trusted with it", () => {
    expect(staticArguments(settings).filter((argument) => /proxyprotocol/i.test(argument))).toEqual([]);
  });

  test.each([
    { proxyProtocolFrom: ["203.0.113.0/24"], expected: "203.0.113.0/24" },
    { proxyProtocolFrom: ["203.0.113.9/32", "2001:db8::/32"], expected: "203.0.113.9/32,2001:db8::/32" },
  ])("believes the header of $proxyProtocolFrom and of nobody else", ({ proxyProtocolFrom, expected }) => {
    const given = staticArguments({ ...settings, proxyProtocolFrom });
    expect(given).toContain(`--entryPoints.postgres.proxyProtocol.trustedIPs=${expected}`);
    expect(given.filter((argument) => /insecure/i.test(argument))).toEqual([]);
    expect(given).toHaveLength(staticArguments(settings).length + 1);
  });

  test("opens one port, and no API, dashboard or other provider", () => {
    const names = staticArguments(settings).map((argument) => argument.replace(/=.*/, ""));
    expect(names.filter((name) => name.endsWith(".address"))).toEqual(["--entryPoints.postgres.address"]);
    expect(
      names.filter((name) => /^--(api|ping|metrics|tracing|providers\.(?!file|providersThrottle))/.test(name)),
    ).toEqual([]);
  });
});
