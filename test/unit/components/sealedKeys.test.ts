import { expect, test } from "vitest";
import { openKeys, sealKeys } from "../../../components/sealedKeys.ts";

const passphrase = "correct horse battery";
const keys = [{ id: "acme-eu", origin: "acme", key: "K".repeat(48) }];

// Each time is a second of work, on purpose: that is what makes a passphrase hard to guess.
test("sealed keys open with the passphrase alone, hold nothing in clear, and no two are the same", async () => {
  const sealed = await sealKeys(keys, passphrase);
  expect(sealed).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/);
  expect(sealed).not.toContain("acme");
  expect(await openKeys(sealed, passphrase)).toEqual(keys);
  await expect(openKeys(sealed, `${passphrase}!`)).rejects.toThrow();
  expect(await sealKeys(keys, passphrase)).not.toBe(sealed);
}, 60_000);
