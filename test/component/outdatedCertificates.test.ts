import * as pulumi from "@pulumi/pulumi";
import { afterEach, expect, test, vi } from "vitest";
import { refuseOutdated } from "../../components/outdatedCertificates.ts";
import type { Tls } from "../../components/tlsFiles.ts";

const warned = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
afterEach(() => warned.mockClear());

function tls(fingerprint: string, outdated?: string): Tls {
  return { certificate: { bundle: "", fingerprint, outdated }, caCertificate: undefined, caFile: undefined };
}

test("a certificate that is valid now is nothing to speak of", async () => {
  await refuseOutdated([tls("a")], new Set());
  expect(warned).not.toHaveBeenCalled();
});

test("all that are outdated are refused at once", async () => {
  const used = [tls("a", "the router's: renew it"), tls("b"), tls("c", "a tenant's: renew it")];
  await expect(refuseOutdated(used, new Set(["b"]))).rejects.toThrow("the router's: renew it\na tenant's: renew it");
});

test("one that is served already does not hold up the next deployment", async () => {
  await refuseOutdated([tls("a", "the router's: renew it")], new Set(["a"]));
  expect(warned.mock.calls).toEqual([["the router's: renew it. It is the one that is served already"]]);
});
