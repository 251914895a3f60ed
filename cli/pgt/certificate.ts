import { ownAddresses, whyNotAsked } from "../askTenants.ts";
import { messageOf } from "../operatorError.ts";
import type { StackOutputs } from "../stackOutputs.ts";
import { error, type Finding, ok, warning } from "./finding.ts";
import { type Handshake, shakeHands } from "./handshake.ts";
import type { StackConfig } from "./stackConfig.ts";

/** Certbot renews 30 days before the end: a certificate that is this near to it, in days, was not renewed. */
const nearEnd = 20;

const day = 24 * 60 * 60 * 1000;

const renew = "renew it, then pgt start: no session ends";

/** What came of a handshake with the router; undefined where no tenant lets clients in from this machine. */
export type Attempt = Handshake | { readonly problem: string } | undefined;

/** A handshake with the router, as a client of a tenant that lets us in. */
export async function tryHandshake(config: StackConfig, { tenants, caCertificate }: StackOutputs): Promise<Attempt> {
  const here = ownAddresses();
  const open = Object.values(tenants).find(
    (tenant) => tenant.tls === "terminate" && whyNotAsked(tenant, here) === undefined,
  );
  if (open === undefined) return undefined;
  try {
    return await shakeHands(routerAddress(config), config.port, open.host, caCertificate ?? undefined);
  } catch (reason) {
    return { problem: messageOf(reason) };
  }
}

/** The certificate that clients get: whether it covers every tenant, is trusted, and how long it lasts. */
export function judgeCertificate(attempt: Attempt, domain: string, now: Date): Finding {
  const check = "certificate";
  if (attempt === undefined) return ok(check, "not looked at: no tenant lets clients in from this machine");
  if ("problem" in attempt) return error(check, attempt.problem, "pgt logs router");
  const { certificate, distrust } = attempt;
  const until = certificate.validToDate.toISOString().slice(0, 10);
  const left = Math.floor((certificate.validToDate.getTime() - now.getTime()) / day);
  if (left < 0) return error(check, `ended on ${until}`, renew);
  if (certificate.checkHost(`any-tenant.${domain}`, { subject: "never" }) === undefined) {
    const names = certificate.subjectAltName ?? "no name";
    return error(
      check,
      `is for ${names}, not for *.${domain}`,
      "set tlsCertificateFile and tlsKeyFile, then pgt start",
    );
  }
  if (distrust !== undefined) {
    const fix =
      "put the whole chain into tlsCertificateFile, or a private CA's certificate into tlsCaCertificateFile; then pgt start";
    return error(check, `clients do not trust it: ${distrust}`, fix);
  }
  if (left < nearEnd) return warning(check, `ends on ${until}, in ${left} days`, renew);
  return ok(check, `*.${domain}, trusted, until ${until} (${left} days)`);
}

/** Where the router listens on this machine. */
function routerAddress({ get }: StackConfig): string {
  const address = get("listenAddress") ?? "*";
  return address === "*" ? "127.0.0.1" : address;
}
