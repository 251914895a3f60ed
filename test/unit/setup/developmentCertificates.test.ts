import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ensureCertificates } from "../../../toolchain/setup/developmentCertificates.ts";

const now = new Date("2026-01-01T00:00:00Z");
const files = ["ca.crt", "ca.key", "fullchain.pem", "privkey.pem"];
let folder: string;

function later(days: number): Date {
  return new Date(now.getTime() + days * 24 * 60 * 60 * 1000);
}

function contents(): Record<string, string> {
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "pgtenants-tls-")), "tls");
});

afterEach(() => {
  rmSync(join(folder, ".."), { recursive: true });
});

describe("ensureCertificates", () => {
  test("makes both, keys for the owner only, and leaves no part file behind", async () => {
    expect(await ensureCertificates(folder, "db.localhost", now)).toHaveLength(2);
    expect(readdirSync(folder).sort()).toEqual(files);
    for (const key of ["ca.key", "privkey.pem"]) expect(statSync(join(folder, key)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("a second run changes nothing", async () => {
    await ensureCertificates(folder, "db.localhost", now);
    const before = contents();
    expect(await ensureCertificates(folder, "db.localhost", later(366))).toEqual([]);
    expect(contents()).toEqual(before);
  });

  test("with less than 30 days left the server's certificate is renewed under the same CA", async () => {
    await ensureCertificates(folder, "db.localhost", now);
    const before = contents();
    expect(await ensureCertificates(folder, "db.localhost", later(368))).toHaveLength(1);
    expect(contents()["ca.crt"]).toBe(before["ca.crt"]);
    expect(contents()["fullchain.pem"]).not.toBe(before["fullchain.pem"]);
  });

  test("another domain below localhost takes a new certificate, one outside a new CA too", async () => {
    await ensureCertificates(folder, "db.localhost", now);
    expect(await ensureCertificates(folder, "pg.localhost", now)).toHaveLength(1);
    expect(await ensureCertificates(folder, "db.example.com", now)).toHaveLength(2);
    expect(await ensureCertificates(folder, "db.example.com", now)).toEqual([]);
  });

  test.each(files)("a damaged %s is mended", async (name) => {
    await ensureCertificates(folder, "db.localhost", now);
    writeFileSync(join(folder, name), "damaged");
    expect(await ensureCertificates(folder, "db.localhost", now)).not.toEqual([]);
    expect(await ensureCertificates(folder, "db.localhost", now)).toEqual([]);
  });

  test("a stop between the two files of a pair is mended", async () => {
    await ensureCertificates(folder, "db.localhost", now);
    const oldKey = contents()["privkey.pem"] ?? "";
    await ensureCertificates(folder, "db.localhost", later(368));
    writeFileSync(join(folder, "privkey.pem"), oldKey);
    expect(await ensureCertificates(folder, "db.localhost", later(368))).toHaveLength(1);
  });
});
