// Seals standard input for an age identity: node examples/many-tenants/seal.ts <sealed file> <identity file>
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";

const [sealed, identity, ...others] = process.argv.slice(2);
if (sealed === undefined || identity === undefined || others.length > 0) {
  console.error("usage: … | node examples/many-tenants/seal.ts <sealed file> <identity file>");
  process.exit(1);
}
const content = await buffer(process.stdin);
// A command before the pipe that failed has printed nothing: the file that is there is worth more.
if (content.length === 0) {
  console.error(`error: standard input: got nothing, expected the tenants' connection strings; ${sealed} is as it was`);
  process.exit(1);
}
if (!existsSync(identity)) writeFileSync(identity, `${await generateX25519Identity()}\n`, { mode: 0o600, flag: "wx" });
const key = (await readFile(identity, "utf8")).split("\n").find((line) => line.startsWith("AGE-SECRET-KEY-"));
if (key === undefined) {
  console.error(`error: ${identity}: got no line with AGE-SECRET-KEY-, expected what age-keygen writes`);
  process.exit(1);
}
const encrypter = new Encrypter();
encrypter.addRecipient(await identityToRecipient(key.trim()));
// Whoever reads it meanwhile reads the old file or the new one.
const part = `${sealed}.${process.pid}`;
writeFileSync(part, await encrypter.encrypt(content), { mode: 0o600 });
renameSync(part, sealed);
