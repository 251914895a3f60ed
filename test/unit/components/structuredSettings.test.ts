import { describe, expect, test } from "vitest";
import {
  parseImports,
  parseNetworks,
  parsePasswords,
  parseTenantCertificates,
} from "../../../components/structuredSettings.ts";

describe("passwords", () => {
  test("by tenant", () => {
    expect(parsePasswords({ acme: "correct horse battery" })).toEqual(new Map([["acme", "correct horse battery"]]));
  });

  test.each([
    ["short", "of 5 characters"],
    ["pässword-pässword", "with other characters"],
    ["line\nbreak-line-break", "with other characters"],
    [`'"\``.padEnd(20, "x"), "that no quotes of a .env file can hold"],
  ])("a password that does not fit is refused without being shown", (password, reason) => {
    const refused = () => parsePasswords({ globex: "correct horse battery", acme: password });
    expect(refused).toThrow(`passwords.acme: got a password ${reason}`);
    expect(refused).not.toThrow(password);
  });

  test.each([[["a list"]], ["a text"], [{ acme: 7 }]])("another form is refused: %j", (value) => {
    expect(() => parsePasswords(value)).toThrow(/^passwords: expected a mapping of tenant ids to passwords/);
  });
});

describe("proxyProtocolFrom", () => {
  test("networks", () => {
    expect(parseNetworks(["203.0.113.0/24", "2001:db8::/32"])).toEqual(["203.0.113.0/24", "2001:db8::/32"]);
  });

  test.each([
    ["203.0.113.7", "203.0.113.7/32"],
    ["203.0.113.7/24", "203.0.113.0/24"],
  ])("%s is refused, and %s proposed", (got, meant) => {
    expect(() => parseNetworks([got])).toThrow(`got "${got}", expected a network such as "${meant}"`);
  });

  test("another form is refused", () => {
    expect(() => parseNetworks("203.0.113.0/24")).toThrow(/^proxyProtocolFrom: expected a list of networks/);
  });
});

describe("tenantCertificates", () => {
  test("files by tenant", () => {
    const files = { certificateFile: "c.pem", keyFile: "k.pem" };
    expect(parseTenantCertificates({ acme: files })).toEqual(
      new Map([["acme", { certificate: "c.pem", key: "k.pem", ca: undefined }]]),
    );
  });

  test.each([
    [{ acme: { certificateFile: "c.pem" } }],
    [{ acme: { certificateFile: "c", keyFile: "k", key: "k" } }],
    [[]],
  ])("another form is refused: %j", (value) => {
    expect(() => parseTenantCertificates(value)).toThrow(/^tenantCertificates: expected a mapping/);
  });
});

describe("imports", () => {
  test("URLs by tenant", () => {
    const url = "postgresql://app:hidden@db.example.com/app";
    expect(parseImports({ acme: url })).toEqual(new Map([["acme", url]]));
  });

  test("a URL that does not fit is refused without being shown", () => {
    const refused = () => parseImports({ acme: "postgresql://app:hidden@db.example.com" });
    expect(refused).toThrow(/^imports\.acme: got a URL without database, .*--path imports\.acme$/);
    expect(refused).not.toThrow("hidden");
  });

  test.each([["a text"], [{ acme: 7 }]])("another form is refused: %j", (value) => {
    expect(() => parseImports(value)).toThrow(/^imports: expected a mapping of tenant ids to URLs/);
  });
});
