import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { armor, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Credentials } from "../../../examples/many-tenants/credentials.ts";

let folder: string;
let identity: string;
let recipient: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants-credentials-"));
  identity = join(folder, "identity.txt");
  const key = await generateX25519Identity();
  recipient = await identityToRecipient(key);
  writeFileSync(identity, `# created: today\n# public key: ${recipient}\n${key}\n`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sealedFile = () => join(folder, "tenants.age");
const form = (user: string, address?: string) => ({
  nodePostgres: `postgresql://${user}@host/db`,
  psql: `postgresql://${user}@host/db?sslmode=verify-full${address === undefined ? "" : `&hostaddr=${address}`}`,
});

/** Writes the file as `age` would: as a new one under the old one's name. */
async function seal(content: unknown, armored = false, to = recipient): Promise<void> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(to);
  const sealed = await encrypter.encrypt(typeof content === "string" ? content : JSON.stringify(content));
  writeFileSync(`${sealedFile()}.part`, armored ? armor.encode(sealed) : sealed);
  renameSync(`${sealedFile()}.part`, sealedFile());
}

const opened = () => new Credentials({ sealed: sealedFile(), identity });

describe("logins", () => {
  test.each([
    ["as it comes", false],
    ["armored", true],
  ])("come out of a file that is sealed, %s", async (_, armored) => {
    await seal({ acme: { ...form("acme", "192.0.2.1"), jdbc: "of no use here" }, globex: form("globex") }, armored);
    const credentials = opened();
    expect(await credentials.reload()).toEqual(["acme", "globex"]);
    expect(credentials.of("acme")).toEqual({ uri: "postgresql://acme@host/db", address: "192.0.2.1" });
    expect(credentials.of("globex")).toEqual({ uri: "postgresql://globex@host/db", address: undefined });
    expect(credentials.of("hooli")).toBeUndefined();
  });

  test("are of the pooled host where a tenant has one", async () => {
    await seal({ acme: { ...form("acme"), pooled: form("acme-by-the-pooler", "192.0.2.1") } });
    const credentials = opened();
    await credentials.reload();
    expect(credentials.of("acme")).toEqual({ uri: "postgresql://acme-by-the-pooler@host/db", address: "192.0.2.1" });
  });

  test("of another file: who is new, changed, gone is told, and nobody else", async () => {
    await seal({ acme: form("acme"), globex: form("globex"), hooli: form("hooli") });
    const credentials = opened();
    await credentials.reload();
    expect(await credentials.reload()).toEqual([]);
    await seal({ acme: form("acme"), globex: form("other"), initech: form("initech") });
    expect(await credentials.reload()).toEqual(["globex", "hooli", "initech"]);
    expect(credentials.size).toBe(3);
  });

  test("are not read again while the file is the same: nothing else is needed then", async () => {
    await seal({ acme: form("acme") });
    const credentials = opened();
    await credentials.reload();
    rmSync(identity);
    expect(await credentials.reload()).toEqual([]);
  });

  test("are read once for all who ask at the same time", async () => {
    await seal({ acme: form("acme") });
    const credentials = opened();
    const [one, other] = [credentials.reload(), credentials.reload()];
    expect(one).toBe(other);
    expect(await one).toEqual(["acme"]);
  });
});

describe("a file that cannot be taken leaves the logins as they were, and its error holds nothing of it", () => {
  const secret = "5ecret";
  const cases: [string, string, () => Promise<void>][] = [
    ["sealed for somebody else", "identity.txt does not open", () => sealForOther()],
    ["no JSON", "no object", () => seal(`{"acme": "${secret}"`)],
    ["another document", "acme", () => seal({ acme: secret })],
    ["without a form", "acme.psql", () => seal({ acme: { nodePostgres: secret } })],
    ["gone", "ENOENT", async () => rmSync(sealedFile())],
  ];

  async function sealForOther(): Promise<void> {
    await seal({ acme: form(secret) }, false, await identityToRecipient(await generateX25519Identity()));
  }

  test.each(cases)("%s", async (_, message, spoil) => {
    await seal({ acme: form("acme") });
    const credentials = opened();
    await credentials.reload();
    await spoil();
    const error: Error = await credentials.reload().then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(error.message).toContain(message);
    expect(`${error.message}${error.stack}`).not.toContain(secret);
    expect(credentials.of("acme")?.uri).toBe("postgresql://acme@host/db");
    await seal({ acme: form("mended") });
    expect(await credentials.reload()).toEqual(["acme"]);
  });
});
