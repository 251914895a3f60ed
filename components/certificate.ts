import { createHash, createPrivateKey, X509Certificate } from "node:crypto";

/** A wildcard certificate that was found fit to be served. */
export interface ServerCertificate {
  /** PEM: the chain, then the private key. One file, so the router never reads halves of two different pairs. Secret. */
  readonly bundle: string;
  /** Names this pair: the first 16 hex digits of the SHA-256 of the bundle's chain. Another certificate has another one. */
  readonly fingerprint: string;
}

/**
 * Checks a certificate and its key before anything is changed: they belong together, they are valid now, and they cover `*.<domain>`.
 * @param chain PEM, the server's certificate first (`fullchain.pem`). @param key PEM (`privkey.pem`).
 * @throws Error that says which of the files is wrong, what was found in it and what was expected.
 */
export function checkCertificate(chain: string, key: string, domain: string, now: Date): ServerCertificate {
  const leaf = parseLeaf(chain);
  const probe = `any-tenant.${domain}`;
  if (leaf.checkHost(probe, { subject: "never" }) === undefined) {
    throw new Error(
      `tlsCertificateFile: got a certificate for ${leaf.subjectAltName ?? "no name"}, expected one for *.${domain}; ` +
        "every tenant's host name must be covered by it",
    );
  }
  if (now < leaf.validFromDate || now > leaf.validToDate) {
    throw new Error(
      `tlsCertificateFile: got a certificate that is valid from ${leaf.validFrom} to ${leaf.validTo}, expected one that is valid now; renew it`,
    );
  }
  if (!leaf.checkPrivateKey(parseKey(key))) {
    throw new Error(
      "tlsKeyFile: got a key of another certificate, expected the key of tlsCertificateFile; use the pair of files of one renewal",
    );
  }
  const fingerprint = createHash("sha256").update(chain).digest("hex").slice(0, 16);
  return { bundle: `${chain.trimEnd()}\n${key.trimEnd()}\n`, fingerprint };
}

function parseLeaf(chain: string): X509Certificate {
  try {
    return new X509Certificate(chain);
  } catch {
    throw new Error(
      "tlsCertificateFile: expected certificates in PEM form, the server's own first, as in certbot's fullchain.pem",
    );
  }
}

function parseKey(key: string) {
  try {
    return createPrivateKey(key);
  } catch {
    throw new Error(
      "tlsKeyFile: expected a private key in PEM form without a pass phrase, as in certbot's privkey.pem",
    );
  }
}
