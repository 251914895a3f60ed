import "reflect-metadata";
import { randomBytes } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** A certificate and its private key, both PEM. The key is secret. */
export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const hour = 60 * 60 * 1000;
const day = 24 * hour;

/** Lifetime of the development CA. */
const authorityDays = 3650;

/** Lifetime of the server certificate: the most that TLS clients of Apple take, also from a private CA that was added by hand. */
const serverDays = 397;

/**
 * Makes a private CA that can sign for the development domain only, so that a stolen key cannot stand for any other site.
 * @param domain for example `db.localhost`. @param now becomes the start of its ten years, less an hour for clocks that differ.
 */
export async function createAuthority(domain: string, now: Date): Promise<CertificatePair> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "O=pgtenants, CN=pgtenants development CA",
    ...lifetime(now, authorityDays),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      nameConstraints(domain),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await privateKeyPem(keys.privateKey) };
}

/** Makes the certificate of `*.<domain>`, signed by the given CA. @throws Error when the CA's PEM texts cannot be read. */
export async function createServerCertificate(
  authority: CertificatePair,
  domain: string,
  now: Date,
): Promise<CertificatePair> {
  const keys = await generateKeys();
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await crypto.subtle.importKey(
    "pkcs8",
    x509.PemConverter.decodeFirst(authority.key),
    algorithm,
    false,
    ["sign"],
  );
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: "O=pgtenants, CN=pgtenants development server",
    issuer: issuer.subject,
    ...lifetime(now, serverDays),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: `*.${domain}` }]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await privateKeyPem(keys.privateKey) };
}

/** Whether a CA of {@link createAuthority} may sign for this domain. */
export function maySignFor(authorityCertificate: string, domain: string): boolean {
  const found = new x509.X509Certificate(authorityCertificate).getExtension(nameConstraintsId);
  return found !== null && Buffer.from(found.value).equals(Buffer.from(nameConstraints(domain).value));
}

const nameConstraintsId = "2.5.29.30";

/** RFC 5280, 4.2.1.10. `localhost` as a whole is as narrow as one name below it, and lets other stacks of this machine share the CA. */
function nameConstraints(domain: string): x509.Extension {
  const permitted = domain.endsWith(".localhost") ? "localhost" : domain;
  const dnsName = der(0x82, Buffer.from(permitted, "ascii"));
  const value = der(0x30, der(0xa0, der(0x30, dnsName)));
  return new x509.Extension(nameConstraintsId, true, value);
}

/** One DER element: tag, length, content. A length from 128 on takes a byte of its own; a domain keeps it below 256. */
function der(tag: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = content.length < 128 ? [content.length] : [0x81, content.length];
  return Uint8Array.from([tag, ...length, ...content]);
}

function generateKeys() {
  return crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

function lifetime(now: Date, days: number) {
  const notBefore = new Date(now.getTime() - hour);
  return { notBefore, notAfter: new Date(notBefore.getTime() + days * day) };
}

/** 127 random bits: serial numbers are positive (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  return bytes.toString("hex");
}

async function privateKeyPem(key: CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}
