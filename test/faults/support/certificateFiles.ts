import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CertificatePair,
  createAuthority,
  createServerCertificate,
} from "../../../toolchain/setup/certificates.ts";
import type { TestStack } from "../../e2e/support/testStack.ts";

/** A CA that outlives the server's certificates, as clients have it. */
export interface Authority {
  /** Makes another certificate for the stack's hosts, and puts it where the stack reads it. It ends in 397 days, or when said. */
  readonly renew: (end?: Date) => Promise<void>;
}

/** Gives the stack, before its first deployment, a CA of its own and a certificate of that. */
export async function giveAuthority(at: TestStack): Promise<Authority> {
  const authority = await createAuthority(at.domain, new Date());
  const caFile = join(at.folder, "authority.crt");
  writeFileSync(caFile, authority.certificate);
  await at.stack.setConfig("tlsCaCertificateFile", { value: caFile });
  const renew = async (end?: Date) => {
    const now = new Date();
    const renewed = await createServerCertificate(authority, at.domain, now);
    const life = new X509Certificate(renewed.certificate).validToDate.getTime() - now.getTime();
    const begin = new Date((end?.getTime() ?? 0) - life);
    putCertificate(at, end === undefined ? renewed : await createServerCertificate(authority, at.domain, begin));
  };
  await renew();
  return { renew };
}

/** Writes certificate and key where the stack reads them at the next deployment. */
export function putCertificate(at: TestStack, { certificate, key }: CertificatePair): void {
  writeFileSync(join(at.folder, "fullchain.pem"), certificate);
  writeFileSync(join(at.folder, "privkey.pem"), key);
}
