import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { postgresImageTag } from "../../components/images.ts";
import { readSettings } from "../../components/settings.ts";
import { selfSigned } from "../support/certificates.ts";
import { strictMocks } from "../support/mocks.ts";

const folder = mkdtempSync(join(tmpdir(), "pgtenants-settings-"));
const files = { tlsCertificateFile: join(folder, "fullchain.pem"), tlsKeyFile: join(folder, "privkey.pem") };

beforeAll(async () => {
  const { chain, key } = await selfSigned(["*.db.example.com"]);
  writeFileSync(files.tlsCertificateFile, chain);
  writeFileSync(files.tlsKeyFile, key);
  mkdirSync(join(folder, "tls"));
  for (const name of ["fullchain.pem", "ca.crt"]) writeFileSync(join(folder, "tls", name), chain);
  writeFileSync(join(folder, "tls", "privkey.pem"), key);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const projectFile = z.object({ config: z.record(z.string(), z.object({ default: z.unknown().optional() })) });

/** Settings of a stack with this configuration, over one that is complete. An undefined value leaves the setting out. */
async function read(differences: Record<string, string | undefined> = {}, stack = "dev") {
  await pulumi.runtime.setMocks(
    strictMocks(false, () => undefined),
    "pgtenants",
    stack,
    false,
  );
  const config = { domain: "db.example.com", ...files, ...differences };
  const given = Object.entries(config).filter((entry): entry is [string, string] => entry[1] !== undefined);
  pulumi.runtime.setAllConfig(Object.fromEntries(given.map(([key, value]) => [`pgtenants:${key}`, value])));
  return readSettings();
}

describe("readSettings", () => {
  test("fills in what is not set", async () => {
    expect(await read()).toMatchObject({
      stack: "dev",
      tenantsFile: "tenants/tenants.yaml",
      port: 5432,
      listenAddress: "*",
      subnet: "198.18.0.0/16",
      deletionProtection: true,
      overcommit: undefined,
      hostAddress: undefined,
      caFile: undefined,
      postgresImage: postgresImageTag(),
    });
  });

  test("fills in what Pulumi.yaml says, for whoever runs without it", async () => {
    const { config } = projectFile.parse(parse(readFileSync(new URL("../../Pulumi.yaml", import.meta.url), "utf8")));
    const defaults = Object.entries(config).flatMap(([key, { default: value }]) =>
      value === undefined ? [] : [[key, value]],
    );
    const { tlsMode, ...shown } = Object.fromEntries(defaults);
    expect(tlsMode).toBe("files");
    expect(await read()).toMatchObject(shown);
  });

  test("takes passwords only where they are encrypted, and shows none of them", async () => {
    const given = { passwords: JSON.stringify({ acme: "correct horse battery" }) };
    await expect(read(given)).rejects.toThrow(
      /^passwords: got passwords in clear in the stack's settings file(?!.*horse)/,
    );
    vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", JSON.stringify(["pgtenants:passwords"]));
    try {
      expect((await read(given)).passwords).toEqual(new Map([["acme", "correct horse battery"]]));
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("takes credentials of a store only where they are encrypted, and seals keys with the stack's passphrase or one of its own", async () => {
    const offsite = JSON.stringify({ type: "s3", bucket: "my-backups" });
    const given = {
      offsite,
      offsiteCredentials: JSON.stringify({ accessKeyId: "AKIA", secretAccessKey: "horsebattery" }),
    };
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "the stack's own passphrase");
    try {
      await expect(read({ offsite })).rejects.toThrow(/^offsiteCredentials.accessKeyId: expected an access key's id/);
      await expect(read(given)).rejects.toThrow(/^offsiteCredentials: got credentials in clear(?!.*horse)/);
      vi.stubEnv(
        "PULUMI_CONFIG_SECRET_KEYS",
        JSON.stringify(["pgtenants:offsiteCredentials", "pgtenants:recoveryPassphrase"]),
      );
      expect((await read(given)).offsite).toMatchObject({
        store: { bucket: "my-backups" },
        credentials: { accessKeyId: "AKIA" },
        passphrase: "the stack's own passphrase",
      });
      const passphrase = "correct horse battery";
      expect((await read({ ...given, recoveryPassphrase: passphrase })).offsite).toMatchObject({ passphrase });
      await expect(read({ ...given, recoveryPassphrase: "horse" })).rejects.toThrow(
        /^recoveryPassphrase: got one of 5 characters, expected 12 characters or more/,
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("takes a limit of memory in times the machine's own", async () => {
    expect((await read({ overcommit: "1.5" })).overcommit).toBe(1.5);
  });

  test("finds the development certificate in the state folder", async () => {
    vi.stubEnv("PGTENANTS_STATE", folder);
    try {
      const settings = await read({ tlsMode: "development", tlsCertificateFile: undefined, tlsKeyFile: undefined });
      expect(settings.caFile).toBe(join(folder, "tls", "ca.crt"));
      expect(settings.caCertificate).toContain("BEGIN CERTIFICATE");
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test.each([
    [{ domian: "db.example.com" }, /^configuration: unknown domian; the settings are domain, tenantsFile, /],
    [{ domain: undefined }, /^domain: got "", expected a lower case DNS name/],
    [{ domain: "localhost" }, /^domain: got "localhost", expected a lower case DNS name of two labels or more/],
    [{ domain: "Db.example.com" }, /^domain: got "Db.example.com"/],
    [{ domain: "`) || HostSNI(`*" }, /^domain: got/],
    [{ port: "443" }, /^port: got "443", expected a whole number from 1024 to 65535/],
    [{ port: "5432.5" }, /^port: got "5432.5"/],
    [{ overcommit: "150 %" }, /^overcommit: got "150 %", expected a number above 0, 100 at most, such as 1.5/],
    [{ overcommit: "0" }, /^overcommit: got "0"/],
    [{ listenAddress: "everywhere" }, /^listenAddress: got "everywhere", expected an IP address or \*/],
    [{ hostAddress: "*" }, /^hostAddress: got "\*", expected an IP address;/],
    [{ tlsMode: "acme" }, /^tlsMode: got "acme", expected files or development/],
    [{ tlsKeyFile: "/nonexistent/privkey.pem" }, /^tlsKeyFile: cannot read the file: ENOENT/],
    [
      { domain: "db.example.org" },
      /^tlsCertificateFile: got a certificate for DNS:\*\.db\.example\.com, expected one for \*\.db\.example\.org/,
    ],
  ])("refuses %j with one clear error", async (differences, message) => {
    await expect(read(differences)).rejects.toThrow(message);
  });

  test("refuses a stack name that leaves no room for a tenant's id", async () => {
    await expect(read({}, "a-very-long-stack-name")).rejects.toThrow(/^stack name: got "a-very-long-stack-name"/);
  });

  test("its errors are printed alone, and have no frames that would hold up the printing", async () => {
    const error: unknown = await read({ port: "1" }).catch((reason: unknown) => reason);
    expect(pulumi.RunError.isInstance(error)).toBe(true);
    expect(error instanceof Error && error.stack).toBe(`RunError: ${error instanceof Error && error.message}`);
  });
});
