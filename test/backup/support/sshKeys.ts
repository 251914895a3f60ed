import { generateKeyPairSync } from "node:crypto";

/** A key pair as SSH has it. */
export interface SshKeys {
  /** PEM. */
  readonly privateKey: string;
  /** As in `authorized_keys` and `known_hosts`, without a host. */
  readonly publicKey: string;
}

export function makeSshKeys(): SshKeys {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 3072 });
  const { e = "", n = "" } = publicKey.export({ format: "jwk" });
  const parts = [Buffer.from("ssh-rsa"), number(e), number(n)];
  const blob = Buffer.concat(parts.flatMap((part) => [length(part), part])).toString("base64");
  return { privateKey: privateKey.export({ type: "pkcs1", format: "pem" }).toString(), publicKey: `ssh-rsa ${blob}` };
}

/** A zero before a first bit that would be a sign. */
function number(encoded: string): Buffer {
  const bytes = Buffer.from(encoded, "base64url");
  return (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]);
}

function length(part: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(part.length);
  return bytes;
}
