import "reflect-metadata";
import * as x509 from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 24 * 60 * 60 * 1000;

/** A certificate and its key, PEM. */
export interface Pair {
  readonly chain: string;
  readonly key: string;
}

/** A self-signed certificate for the given names, valid from and for the given days around now. It can serve as its own CA. */
export async function selfSigned(names: readonly string[], fromDays = -1, forDays = 30): Promise<Pair> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const notBefore = new Date(Date.now() + fromDays * day);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=pgtenants test",
    notBefore,
    notAfter: new Date(notBefore.getTime() + forDays * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value })))],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { chain: certificate.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY") };
}
