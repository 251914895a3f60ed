import * as pulumi from "@pulumi/pulumi";
import { runError } from "./runError.ts";
import type { Tls } from "./tlsFiles.ts";

/**
 * Refuses certificates that are not valid now. One that is served already is a warning instead: it gets no worse by a deployment, and a tenant
 * may have to be shut off, or be given another password, before the certificate is renewed.
 * @param served fingerprints of those that the last deployment gave out. @throws RunError with every reason at once.
 */
export async function refuseOutdated(used: readonly Tls[], served: ReadonlySet<string>): Promise<void> {
  const refused: string[] = [];
  for (const { certificate } of used) {
    const { outdated, fingerprint } = certificate;
    if (outdated === undefined) continue;
    if (served.has(fingerprint)) await pulumi.log.warn(`${outdated}. It is the one that is served already`);
    else refused.push(outdated);
  }
  if (refused.length > 0) throw runError(refused.join("\n"));
}
