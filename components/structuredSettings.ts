import * as z from "zod";
import { mendNetwork } from "../tenants/networks.ts";
import { dotenvQuote } from "./connectionStrings.ts";
import { parseSourceUrl } from "./sourceUrl.ts";
import type { TlsFiles } from "./tlsFiles.ts";

/** Long enough that guessing over the network is hopeless: a login attempt takes about 10 ms of one connection. */
const shortestPassword = 12;

/**
 * The setting `passwords`: tenant id to password.
 * @throws Error that names the tenant and never holds a password.
 */
export function parsePasswords(value: unknown): ReadonlyMap<string, string> {
  const parsed = z.record(z.string(), z.string()).safeParse(value);
  if (!parsed.success) {
    throw new Error(
      "passwords: expected a mapping of tenant ids to passwords; set each with: pulumi config set --secret --path passwords.<id>",
    );
  }
  const unfit = Object.entries(parsed.data).find(([, password]) => whyUnfit(password) !== undefined);
  if (unfit !== undefined) {
    const [id, password] = unfit;
    throw new Error(
      `passwords.${id}: got a password ${whyUnfit(password)}, expected at least ${shortestPassword} printable ASCII characters, ` +
        `not with all of the quotes ', " and \` nor with a backslash beside ' and \`; set another with: pulumi config set --secret --path passwords.${id}`,
    );
  }
  return new Map(Object.entries(parsed.data));
}

/** SASLprep leaves printable ASCII as it is. */
function whyUnfit(password: string): string | undefined {
  if (password.length < shortestPassword) return `of ${password.length} characters`;
  if (!/^[\x20-\x7e]+$/.test(password)) return "with other characters";
  return dotenvQuote(password) === undefined ? "that no quotes of a .env file can hold" : undefined;
}

/**
 * The setting `imports`: tenant id to the URL of the server that it begins with.
 * @throws Error that names the tenant and never holds a URL.
 */
export function parseImports(value: unknown): ReadonlyMap<string, string> {
  const parsed = z.record(z.string(), z.string()).safeParse(value);
  if (!parsed.success) {
    throw new Error(
      "imports: expected a mapping of tenant ids to URLs; set each with: pulumi config set --secret --path imports.<id>",
    );
  }
  for (const [id, url] of Object.entries(parsed.data)) {
    try {
      parseSourceUrl(url);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`imports.${id}: ${reason}; set another with: pulumi config set --secret --path imports.${id}`);
    }
  }
  return new Map(Object.entries(parsed.data));
}

/** The setting `proxyProtocolFrom`: networks in CIDR form. @throws Error that says which is none and what was meant. */
export function parseNetworks(value: unknown): readonly string[] {
  const fix = "set it with: pulumi config set --path 'proxyProtocolFrom[0]' 203.0.113.0/24";
  const parsed = z.array(z.string()).safeParse(value);
  if (!parsed.success) throw new Error(`proxyProtocolFrom: expected a list of networks; ${fix}`);
  for (const network of parsed.data) {
    if (mendNetwork(network) === network) continue;
    const meant = mendNetwork(network) ?? "203.0.113.0/24";
    throw new Error(`proxyProtocolFrom: got "${network}", expected a network such as "${meant}"; ${fix}`);
  }
  return parsed.data;
}

const certificateFiles = z.strictObject({
  certificateFile: z.string(),
  keyFile: z.string(),
  caCertificateFile: z.string().optional(),
});

/** The setting `tenantCertificates`: tenant id to the files of its own certificate. @throws Error that says what the setting looks like. */
export function parseTenantCertificates(value: unknown): ReadonlyMap<string, TlsFiles> {
  const parsed = z.record(z.string(), certificateFiles).safeParse(value);
  if (!parsed.success) {
    throw new Error(
      "tenantCertificates: expected a mapping of tenant ids to certificateFile, keyFile and, with a private CA, caCertificateFile; " +
        "set it with: pulumi config set --path tenantCertificates.<id>.certificateFile <path>",
    );
  }
  return new Map(
    Object.entries(parsed.data).map(([id, { certificateFile, keyFile, caCertificateFile }]) => [
      id,
      { certificate: certificateFile, key: keyFile, ca: caCertificateFile },
    ]),
  );
}
