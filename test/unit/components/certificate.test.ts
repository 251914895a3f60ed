import { describe, expect, test } from "vitest";
import { checkCertificate } from "../../../components/certificate.ts";
import { selfSigned } from "../../support/certificates.ts";

const domain = "db.example.com";
const wildcard = await selfSigned([`*.${domain}`]);

describe("checkCertificate", () => {
  test("gives chain and key as one file, and a name for the pair", () => {
    const { bundle, fingerprint } = checkCertificate(wildcard.chain, wildcard.key, `*.${domain}`, new Date());
    expect(bundle).toBe(`${wildcard.chain.trimEnd()}\n${wildcard.key.trimEnd()}\n`);
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
  });

  test("a renewed certificate has another name", async () => {
    const renewed = await selfSigned([`*.${domain}`]);
    const name = ({ chain, key }: typeof renewed) =>
      checkCertificate(chain, key, `*.${domain}`, new Date()).fingerprint;
    expect(name(renewed)).not.toBe(name(wildcard));
  });

  test.each([
    ["another domain", ["*.example.org"]],
    ["one tenant only", [`acme.${domain}`]],
    ["the domain itself", [domain]],
    ["a wildcard one level up", ["*.example.com"]],
  ])("refuses a certificate for %s", async (_, names) => {
    const { chain, key } = await selfSigned(names);
    expect(() => checkCertificate(chain, key, `*.${domain}`, new Date())).toThrow(`expected one for *.${domain}`);
  });

  test.each([
    ["expired", -40, 30],
    ["not yet valid", 2, 30],
  ])("notes of one that it is %s", async (_, from, days) => {
    const { chain, key } = await selfSigned([`*.${domain}`], from, days);
    const { outdated } = checkCertificate(chain, key, `*.${domain}`, new Date());
    expect(outdated).toMatch(
      /^tlsCertificateFile: got a certificate that is valid from .*, expected one that is valid now; renew it$/,
    );
  });

  test("notes nothing of one that is valid now", () => {
    expect(checkCertificate(wildcard.chain, wildcard.key, `*.${domain}`, new Date()).outdated).toBeUndefined();
  });

  test("refuses the key of another certificate", async () => {
    const other = await selfSigned([`*.${domain}`]);
    expect(() => checkCertificate(wildcard.chain, other.key, `*.${domain}`, new Date())).toThrow(
      "got a key of another certificate",
    );
  });

  test("refuses what is no certificate, and what is no key, without printing it", () => {
    expect(() => checkCertificate("hello", wildcard.key, `*.${domain}`, new Date())).toThrow(
      /^tlsCertificateFile: expected certificates in PEM form/,
    );
    expect(() => checkCertificate(wildcard.chain, "hello", `*.${domain}`, new Date())).toThrow(
      /^tlsKeyFile: expected a private key in PEM form/,
    );
  });
});
