import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readTenantTls } from "../../components/tenantTls.ts";
import { selfSigned } from "../support/certificates.ts";
import { settings } from "../support/settings.ts";
import { tenant } from "../support/tenants.ts";

const folder = mkdtempSync(join(tmpdir(), "pgtenants-tenant-tls-"));
const good = { certificate: join(folder, "chain.pem"), key: join(folder, "key.pem"), ca: undefined };
const gone = { certificate: join(folder, "gone.pem"), key: join(folder, "gone.pem"), ca: undefined };

beforeAll(async () => {
  const { chain, key } = await selfSigned([`acme.${settings.domain}`]);
  writeFileSync(good.certificate, chain);
  writeFileSync(good.key, key);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("readTenantTls", () => {
  test("reads the certificate of a running tenant that serves it", () => {
    const given = { ...settings, tenantCertificates: new Map([["acme", good]]) };
    expect([...readTenantTls([tenant({ tls: "passthrough" })], given).keys()]).toEqual(["acme"]);
  });

  test.each([
    ["ends TLS at the router", [tenant()]],
    ["is stopped", [tenant({ tls: "passthrough", state: "stopped" })]],
    ["is not in the list", []],
  ])("leaves a file alone whose tenant %s", (_, listed) => {
    const given = { ...settings, tenantCertificates: new Map([["acme", gone]]) };
    expect(readTenantTls(listed, given)).toEqual(new Map());
  });

  test("says which setting is wrong", () => {
    const given = { ...settings, tenantCertificates: new Map([["acme", gone]]) };
    expect(() => readTenantTls([tenant({ tls: "passthrough" })], given)).toThrow(
      /^tenantCertificates\.acme\.certificateFile: cannot read the file: /,
    );
  });
});
