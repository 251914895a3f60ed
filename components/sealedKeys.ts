import { armor, Decrypter, Encrypter } from "age-encryption";
import * as z from "zod";

/** What brings a tenant's backups back when nothing else is left. */
export interface TenantKey {
  readonly id: string;
  /** The id that names its volumes. */
  readonly origin: string;
  /** Of its repository. Secret. */
  readonly key: string;
}

const document = z.object({
  tenants: z.array(z.object({ id: z.string(), origin: z.string(), key: z.string() })),
});

/** The keys as a file that only the passphrase opens, in the format of age: `age --decrypt` opens it too. */
export async function sealKeys(tenants: readonly TenantKey[], passphrase: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return armor.encode(await encrypter.encrypt(JSON.stringify({ tenants })));
}

/** @throws Error where the passphrase is another one, or the file is none of ours. */
export async function openKeys(sealed: string, passphrase: string): Promise<readonly TenantKey[]> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  const opened = await decrypter.decrypt(armor.decode(sealed), "text");
  return document.parse(JSON.parse(opened)).tenants;
}
