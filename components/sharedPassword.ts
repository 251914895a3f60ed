import { createHmac } from "node:crypto";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Password length; see `passwordLength` in tenantDatabase.ts. */
const length = 32;

/**
 * The password of a tenant on an instance: derived from the instance's own random key, so that a thousand tenants are no thousand more
 * secrets in the state. The same key, id and version give the same password. Letters and digits that carry 190 bits, where the key has as many.
 *
 * @param key the instance's key; whoever has it has every password.
 * @param origin the tenant's first id: a renamed tenant keeps its password.
 * @param version another number makes another password.
 */
export function sharedPassword(key: string, origin: string, version: number): string {
  let password = "";
  for (let block = 0; password.length < length; block += 1) {
    const bytes = createHmac("sha512", key).update(`pgtenants password ${origin} ${version} ${block}`).digest();
    // The rest of 256 would make some letters likelier than others.
    for (const byte of bytes) if (byte < 248) password += alphabet[byte % alphabet.length];
  }
  return password.slice(0, length);
}
