import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CertificatePair } from "./certificates.ts";

/** A certificate with fewer days left is made anew. */
export const renewalDays = 30;

const day = 24 * 60 * 60 * 1000;

/** Whether the pair belongs together and stays valid for {@link renewalDays}. Anything unreadable is not fit. */
export function isFit(pair: CertificatePair, now: Date): boolean {
  try {
    const certificate = new X509Certificate(pair.certificate);
    const ends = certificate.validToDate.getTime() - renewalDays * day;
    return (
      now.getTime() < ends &&
      now >= certificate.validFromDate &&
      certificate.checkPrivateKey(createPrivateKey(pair.key))
    );
  } catch {
    return false;
  }
}

/** Whether the server's certificate is one of this CA and covers the tenants' names. Both must be fit. */
export function isServedBy(authority: CertificatePair, server: CertificatePair, domain: string): boolean {
  const certificate = new X509Certificate(server.certificate);
  const issuer = new X509Certificate(authority.certificate);
  const covers = certificate.checkHost(`any-tenant.${domain}`, { subject: "never" }) !== undefined;
  return covers && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/**
 * Makes the development CA and the wildcard certificate below `folder`, or what of them is missing, damaged or near its end.
 * A new CA invalidates what clients were given; a new server certificate changes nothing for them.
 * @returns one line for each that was made.
 */
export async function ensureCertificates(folder: string, domain: string, now: Date): Promise<string[]> {
  const authority = readPair(folder, "ca.crt", "ca.key");
  const server = readPair(folder, "fullchain.pem", "privkey.pem");
  const authorityFits = authority !== undefined && isFit(authority, now);
  if (authorityFits && server !== undefined && isFit(server, now) && isServedBy(authority, server, domain)) return [];
  // Loaded here because it takes longer than all else that a set-up with nothing to do does in this file.
  const { createAuthority, createServerCertificate, maySignFor } = await import("./certificates.ts");
  const made: string[] = [];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let issuer = authority;
  if (issuer === undefined || !authorityFits || !maySignFor(issuer.certificate, domain)) {
    issuer = await createAuthority(domain, now);
    writePair(folder, "ca.crt", "ca.key", issuer);
    made.push(`development CA: made, ${join(folder, "ca.crt")}, 10 years`);
  }
  writePair(folder, "fullchain.pem", "privkey.pem", await createServerCertificate(issuer, domain, now));
  made.push(`certificate of *.${domain}: made, ${join(folder, "fullchain.pem")}, 397 days`);
  return made;
}

function readPair(folder: string, certificate: string, key: string): CertificatePair | undefined {
  const paths = [join(folder, certificate), join(folder, key)] as const;
  if (!paths.every((path) => existsSync(path))) return undefined;
  return { certificate: readFileSync(paths[0], "utf8"), key: readFileSync(paths[1], "utf8") };
}

/** The key first: a stop between the two leaves a pair that does not match, which the next run makes anew. */
function writePair(folder: string, certificate: string, key: string, pair: CertificatePair): void {
  writeWhole(join(folder, key), pair.key, 0o600);
  writeWhole(join(folder, certificate), pair.certificate, 0o644);
}

function writeWhole(path: string, text: string, mode: number): void {
  const part = `${path}.${process.pid}`;
  writeFileSync(part, text, { mode });
  renameSync(part, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, domain] = process.argv.slice(2);
  if (folder === undefined || domain === undefined)
    throw new Error("usage: developmentCertificates.ts <folder> <domain>");
  for (const line of await ensureCertificates(folder, domain, new Date())) console.log(line);
}
