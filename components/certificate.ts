import { createHash, createPrivateKey, X509Certificate } from "node:crypto";

/** A wildcard certificate that was found fit to be served. */
export interface ServerCertificate {
  /** PEM: the chain, then the private key. One file, so the router never reads halves of two different pairs. Secret. */
  readonly bundle: string;
  /** Names this pair: the first 16 hex digits of the SHA-256 of the bundle's chain. Another certificate has another one. */
  readonly fingerprint: string;
  /** Why it should not be served now: it has expired, or is not valid yet. Undefined where it is valid. */
  readonly outdated: string | undefined;
}

/** The settings that name the two files of a pair, for messages. */
export interface PairSettings {
  readonly certificate: string;
  readonly key: string;
}

/** The pair that all tenants share. */
export const wildcardSettings: PairSettings = { certificate: "tlsCertificateFile", key: "tlsKeyFile" };

/**
 * Checks a certificate and its key before anything is changed: they belong together, and they cover `host`. Whether they are valid at `now`
 * is noted, for who knows whether they are served already.
 * @param chain PEM, the server's certificate first (`fullchain.pem`). @param key PEM (`privkey.pem`).
 * @param host a host name, or `*.<domain>` for every tenant's.
 * @throws Error that says which of the files is wrong, what was found in it and what was expected.
 */
export function checkCertificate(
  chain: string,
  key: string,
  host: string,
  now: Date,
  settings = wildcardSettings,
): ServerCertificate {
  const leaf = parseLeaf(chain, settings);
  if (leaf.checkHost(host.replace("*", "any-tenant"), { subject: "never" }) === undefined) {
    throw new Error(
      `${settings.certificate}: got a certificate for ${leaf.subjectAltName ?? "no name"}, expected one for ${host}; ` +
        "every host name that it is served for must be covered by it",
    );
  }
  if (!leaf.checkPrivateKey(parseKey(key, settings))) {
    throw new Error(
      `${settings.key}: got a key of another certificate, expected the key of ${settings.certificate}; use the pair of files of one renewal`,
    );
  }
  const fingerprint = createHash("sha256").update(chain).digest("hex").slice(0, 16);
  return { bundle: `${chain.trimEnd()}\n${key.trimEnd()}\n`, fingerprint, outdated: whyOutdated(leaf, now, settings) };
}

function whyOutdated(
  { validFromDate, validToDate, validFrom, validTo }: X509Certificate,
  now: Date,
  settings: PairSettings,
) {
  if (validFromDate <= now && now <= validToDate) return undefined;
  return `${settings.certificate}: got a certificate that is valid from ${validFrom} to ${validTo}, expected one that is valid now; renew it`;
}

function parseLeaf(chain: string, settings: PairSettings): X509Certificate {
  try {
    return new X509Certificate(chain);
  } catch {
    throw new Error(
      `${settings.certificate}: expected certificates in PEM form, the server's own first, as in certbot's fullchain.pem`,
    );
  }
}

function parseKey(key: string, settings: PairSettings) {
  try {
    return createPrivateKey(key);
  } catch {
    throw new Error(
      `${settings.key}: expected a private key in PEM form without a pass phrase, as in certbot's privkey.pem`,
    );
  }
}
