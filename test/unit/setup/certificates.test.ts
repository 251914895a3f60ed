import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { expect, test } from "vitest";
import {
  type CertificatePair,
  createAuthority,
  createServerCertificate,
  maySignFor,
} from "../../../toolchain/setup/certificates.ts";

const day = 24 * 60 * 60 * 1000;

/** The verdict of a TLS client that trusts this CA only; undefined when it accepts the server. */
async function verdict(authority: CertificatePair, server: CertificatePair, name: string): Promise<string | undefined> {
  const listener = createServer({ cert: server.certificate, key: server.key });
  listener.on("tlsClientError", () => undefined);
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  const client = connect({ host: "127.0.0.1", port, servername: name, ca: authority.certificate });
  try {
    await once(client, "secureConnect");
    return undefined;
  } catch (error) {
    return String(error);
  } finally {
    client.destroy();
    listener.close();
  }
}

test("a client that trusts the CA accepts every tenant's name, and no other", async () => {
  const authority = await createAuthority("db.localhost", new Date());
  const server = await createServerCertificate(authority, "db.localhost", new Date());
  expect(await verdict(authority, server, "acme.db.localhost")).toBeUndefined();
  expect(await verdict(authority, server, "acme.example.com")).toContain("does not match certificate");
});

test("another CA of the same name is not taken for it", async () => {
  const authority = await createAuthority("db.localhost", new Date());
  const server = await createServerCertificate(authority, "db.localhost", new Date());
  expect(await verdict(await createAuthority("db.localhost", new Date()), server, "acme.db.localhost")).toBeDefined();
});

test("the CA cannot vouch for a site outside its domain", async () => {
  const authority = await createAuthority("db.localhost", new Date());
  const stolen = await createServerCertificate(authority, "example.com", new Date());
  expect(await verdict(authority, stolen, "www.example.com")).toContain("permitted subtree violation");
});

test.each([
  ["db.localhost", "e2e.localhost", true],
  ["db.localhost", "db.example.com", false],
  ["db.example.com", "db.example.com", true],
  [`${"long-label.".repeat(15)}example.com`, "example.com", false],
])("a CA for %s may sign for %s: %s", async (made, asked, expected) => {
  const { certificate } = await createAuthority(made, new Date());
  expect(maySignFor(certificate, asked)).toBe(expected);
  expect(maySignFor(certificate, made)).toBe(true);
});

test("lifetimes: ten years, and no more than 397 days", async () => {
  const now = new Date("2026-01-01T00:00:00Z");
  const authority = await createAuthority("db.localhost", now);
  const server = await createServerCertificate(authority, "db.localhost", now);
  const days = ({ certificate }: CertificatePair) => {
    const { validFromDate, validToDate } = new X509Certificate(certificate);
    expect(validFromDate.getTime()).toBeLessThan(now.getTime());
    return (validToDate.getTime() - validFromDate.getTime()) / day;
  };
  expect(days(authority)).toBe(3650);
  expect(days(server)).toBe(397);
});
