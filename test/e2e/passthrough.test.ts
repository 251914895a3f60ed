import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startProbe } from "../faults/support/probe.ts";
import { selfSigned } from "../support/certificates.ts";
import { nodeClient, psql, stringsOf } from "./support/clients.ts";
import { identity } from "./support/engine.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";
import { certificateSeen } from "./support/tlsClients.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex"]);
  at.list("{ id: acme, tls: passthrough }", "id: globex");
  for (const [setting, file] of Object.entries({
    certificateFile: "acme.crt",
    keyFile: "acme.key",
    caCertificateFile: "acme.crt",
  })) {
    await at.stack.setConfig(`tenantCertificates.acme.${setting}`, { value: join(at.folder, file) }, true);
  }
  await renewCertificate();
  await at.stack.up();
});
afterAll(() => at?.remove());

/** Gives acme another certificate, in the files that the settings name. Gives its fingerprint. */
async function renewCertificate(): Promise<string> {
  const { chain, key } = await selfSigned([`acme.${at.domain}`]);
  writeFileSync(join(at.folder, "acme.crt"), chain);
  writeFileSync(join(at.folder, "acme.key"), key);
  return new X509Certificate(chain).fingerprint256;
}

const strings = async (id: string) => stringsOf(await at.connectionStrings(), id);
const seen = async (id: string) => (await certificateSeen(at.port, `${id}.${at.domain}`)).fingerprint256;
const ssl = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

describe("passthrough", () => {
  test.each(["postgres", "direct"])("lets psql bind the password to TLS, sslnegotiation=%s", async (sslnegotiation) => {
    const settings = { channel_binding: "require", sslnegotiation };
    const finished = await psql(at, await strings("acme"), ssl, settings);
    expect(finished).toEqual({ code: 0, stdout: "t|TLSv1.3\n", stderr: "" });
  });

  test("leaves a tenant beside it as it is: TLS ends at the router, and a binding is not to be had", async () => {
    const plain = await psql(at, await strings("globex"), ssl);
    expect(plain).toEqual({ code: 0, stdout: "f|\n", stderr: "" });
    const bound = await psql(at, await strings("globex"), ssl, { channel_binding: "require" });
    expect(bound.code).not.toBe(0);
    expect(bound.stderr).toContain("server did not offer an authentication method that supports channel binding");
  });

  test("shows the tenant's own certificate, and others the wildcard's", async () => {
    const own = await renewCertificate();
    await at.stack.up();
    await expect.poll(() => seen("acme"), { timeout: 5000 }).toBe(own);
    const { subjectaltname } = await certificateSeen(at.port, `globex.${at.domain}`);
    expect(subjectaltname).toBe(`DNS:*.${at.domain}`);
  });

  test("takes over a renewed certificate without a restart and without ending a session", async () => {
    const session = await nodeClient((await strings("acme")).nodePostgres);
    const server = await identity(at.container("acme"));
    const own = await renewCertificate();
    await at.stack.up();
    await expect.poll(() => seen("acme"), { timeout: 5000 }).toBe(own);
    expect((await session.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await session.end();
    expect(await identity(at.container("acme"))).toBe(server);
    const after = await psql(at, await strings("acme"), ssl, { channel_binding: "require" });
    expect(after.stdout).toBe("t|TLSv1.3\n");
  });

  test("without a certificate of its own works with the wildcard's, and is warned of", async () => {
    at.list("{ id: acme, tls: passthrough }", "{ id: globex, tls: passthrough }");
    const { stdout } = await at.stack.up();
    expect(stdout).toMatch(
      /passthrough without a certificate of its own puts the wildcard's private key into the volume of globex;/,
    );
    const bound = await psql(at, await strings("globex"), ssl, { channel_binding: "require" });
    expect(bound).toEqual({ code: 0, stdout: "t|TLSv1.3\n", stderr: "" });
    at.list("{ id: acme, tls: passthrough }", "id: globex");
    expect((await at.stack.up()).stdout).not.toContain("wildcard's private key");
    // Its private key is gone with it.
    expect(await outputOf("docker", ["exec", at.container("globex"), "ls", "/var/lib/postgresql/tls"])).toBe("");
  });

  test("is not renamed away from its own certificate", async () => {
    at.list("{ id: acme-eu, renamedFrom: acme, tls: passthrough }", "id: globex");
    await expect(at.stack.up()).rejects.toThrow('got a certificate for "acme", which is called "acme-eu" now');
    at.list("{ id: acme, tls: passthrough }", "id: globex");
  });

  test("may be turned off and on: no restart, no session ends, and the neighbour does not notice", async () => {
    const session = await nodeClient((await strings("acme")).nodePostgres);
    const server = await identity(at.container("acme"));
    const probe = await startProbe((await strings("globex")).nodePostgres);
    try {
      at.list("id: acme", "id: globex");
      await at.stack.up();
      expect((await psql(at, await strings("acme"), ssl)).stdout).toBe("f|\n");
      at.list("{ id: acme, tls: passthrough }", "id: globex");
      await at.stack.up();
      expect((await psql(at, await strings("acme"), ssl, { channel_binding: "require" })).stdout).toBe("t|TLSv1.3\n");
    } finally {
      await probe.stop();
    }
    expect((await probe.stop()).errors).toEqual([]);
    expect((await session.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await session.end();
    expect(await identity(at.container("acme"))).toBe(server);
  });

  test("is bound to the same limits: whoever is not allowed is let go before the server hears of them", async () => {
    at.list("{ id: acme, tls: passthrough, access: { allow: [127.0.0.1/32] } }", "id: globex");
    await at.stack.up();
    await expect(certificateSeen(at.port, `acme.${at.domain}`, { address: "127.0.0.2" })).rejects.toThrow();
    await expect(certificateSeen(at.port, `acme.${at.domain}`)).resolves.toBeDefined();
    at.list("{ id: acme, tls: passthrough }", "id: globex");
    await at.stack.up();
    await expect(certificateSeen(at.port, `acme.${at.domain}`, { address: "127.0.0.2" })).resolves.toBeDefined();
  });
});
