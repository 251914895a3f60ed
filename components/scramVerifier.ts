import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** PostgreSQL's own default (`scram_iterations`). A generated password carries 190 random bits, so more rounds would add nothing but time. */
const iterations = 4096;

/**
 * What PostgreSQL stores of a password: a SCRAM-SHA-256 verifier (RFC 5803), made here so that the password itself never reaches the
 * server. The salt derives from the tenant's host name, so the same password gives the same verifier at each run, and no two tenants share
 * a salt. Not from the password: a server tells the salt to anybody who starts to log in.
 *
 * @param host the tenant's host name.
 * @param password printable ASCII, which SASLprep leaves as it is.
 * @throws Error when the password is empty or has other characters.
 */
export function scramVerifier(host: string, password: string): string {
  if (!/^[\x20-\x7e]+$/.test(password)) {
    throw new Error(`the password for ${host} must be printable ASCII characters, at least one`);
  }
  const salt = createHash("sha256").update(`pgtenants scram salt ${host}`).digest().subarray(0, 16);
  return encodeVerifier(password, salt, iterations);
}

/** The verifier for a given salt: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, parts in base64. */
export function encodeVerifier(password: string, salt: Buffer, rounds: number): string {
  const salted = pbkdf2Sync(password, salt, rounds, 32, "sha256");
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest("base64");
  const serverKey = hmac(salted, "Server Key").toString("base64");
  return `SCRAM-SHA-256$${rounds}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
