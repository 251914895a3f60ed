import { readFile, stat } from "node:fs/promises";
import { armor, Decrypter } from "age-encryption";
import * as z from "zod";

/** How one tenant is reached. Secret. */
export interface Login {
  /** A URI for node-postgres, password included. */
  readonly uri: string;
  /** The address to connect to where DNS does not know the host's name. */
  readonly address: string | undefined;
}

/** Where the logins are. */
export interface SealedFiles {
  /** The output `connectionStrings` as JSON, sealed by age; armored or not. */
  readonly sealed: string;
  /** An age identity: what `age-keygen` writes. */
  readonly identity: string;
}

const forms = z.object({ nodePostgres: z.string(), psql: z.string() });
const document = z.record(z.string(), forms.extend({ pooled: forms.optional() }));

/** The logins of all tenants, in memory alone. */
export class Credentials {
  readonly #files: SealedFiles;
  #logins: ReadonlyMap<string, Login> = new Map();
  #version = "";
  #reloading: Promise<readonly string[]> | undefined;

  constructor(files: SealedFiles) {
    this.#files = files;
  }

  get size(): number {
    return this.#logins.size;
  }

  of(tenant: string): Login | undefined {
    return this.#logins.get(tenant);
  }

  /**
   * Reads the file again where it is another one than before; those who ask at the same time share one reading. Gives the tenants whose login
   * is new, another one, or gone.
   * @throws Error where it cannot be read or opened: the logins stay as they were. The message holds nothing of the content.
   */
  reload(): Promise<readonly string[]> {
    this.#reloading ??= this.#reload().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  async #reload(): Promise<readonly string[]> {
    const version = await versionOf(this.#files.sealed);
    // Opening a large file takes time of the one thread that everybody's requests run on.
    if (version === this.#version) return [];
    const [before, after] = [this.#logins, await openLogins(this.#files)];
    this.#logins = after;
    this.#version = version;
    const all = new Set([...before.keys(), ...after.keys()]);
    return [...all].filter((tenant) => !isSame(before.get(tenant), after.get(tenant)));
  }
}

/** Another one after each writing, also where a file was written into or renamed to this name. */
async function versionOf(file: string): Promise<string> {
  const { ino, size, mtimeNs } = await stat(file, { bigint: true });
  return [ino, size, mtimeNs].join(" ");
}

function isSame(one: Login | undefined, other: Login | undefined): boolean {
  return one?.uri === other?.uri && one?.address === other?.address;
}

async function openLogins({ sealed, identity }: SealedFiles): Promise<ReadonlyMap<string, Login>> {
  const decrypter = new Decrypter();
  for (const line of (await readFile(identity, "utf8")).split("\n"))
    if (line.startsWith("AGE-SECRET-KEY-")) decrypter.addIdentity(line.trim());
  const opened = await decrypter.decrypt(unarmored(await readFile(sealed)), "text").catch((cause) => {
    throw new Error(`${sealed}: got a file that ${identity} does not open; seal it again for this identity`, { cause });
  });
  return new Map(Object.entries(parse(opened, sealed)).map(([id, entry]) => [id, loginOf(entry.pooled ?? entry)]));
}

function unarmored(file: Buffer): Uint8Array {
  const text = file.toString("latin1");
  return text.startsWith("-----BEGIN AGE ENCRYPTED FILE-----") ? armor.decode(text) : file;
}

/** Only paths go into the message: the values are secret, and the parser's own error would quote them. */
function parse(opened: string, file: string): z.infer<typeof document> {
  const parsed = document.safeParse(jsonOf(opened));
  if (parsed.success) return parsed.data;
  const paths = parsed.error.issues.map(({ path }) => path.join(".")).join(", ");
  throw new Error(
    `${file}: got something else than the output connectionStrings (${paths === "" ? "no object" : paths}); ` +
      "seal what `pulumi stack output connectionStrings --show-secrets --json` prints",
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** node-postgres has no parameter for the address, so it comes from the form that has one. */
function loginOf({ nodePostgres, psql }: z.infer<typeof forms>): Login {
  const address = URL.parse(psql)?.searchParams.get("hostaddr") ?? undefined;
  return { uri: nodePostgres, address };
}
