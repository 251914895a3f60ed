import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { encodeVerifier, scramVerifier } from "../../../components/scramVerifier.ts";

describe("encodeVerifier", () => {
  test("accepts the exchange that RFC 7677 prints", () => {
    const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
    const parts = /^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$([^:]+):(.+)$/.exec(
      encodeVerifier("pencil", salt, 4096),
    );
    const [storedKey, serverKey] = [parts?.[1], parts?.[2]].map((part) => Buffer.from(part ?? "", "base64"));
    const nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const message = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`;

    const signature = createHmac("sha256", storedKey ?? "")
      .update(message)
      .digest();
    const proof = Buffer.from("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "base64");
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ (signature[index] ?? 0)));
    expect(createHash("sha256").update(clientKey).digest()).toEqual(storedKey);
    expect(
      createHmac("sha256", serverKey ?? "")
        .update(message)
        .digest("base64"),
    ).toBe("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  });
});

describe("scramVerifier", () => {
  const [acme, globex] = ["acme.db.example.com", "globex.db.example.com"];

  test("is the same for the same tenant and password, and another one else", () => {
    const verifier = scramVerifier(acme, "one password");
    expect(scramVerifier(acme, "one password")).toBe(verifier);
    expect(scramVerifier(globex, "one password")).not.toBe(verifier);
    expect(scramVerifier(acme, "another password")).not.toBe(verifier);
  });

  test("the salt, which a server tells anybody, says nothing about the password", () => {
    const salt = (verifier: string) => verifier.split("$")[1];
    expect(salt(scramVerifier(acme, "one password"))).toBe(salt(scramVerifier(acme, "another password")));
    expect(salt(scramVerifier(acme, "one password"))).not.toBe(salt(scramVerifier(globex, "one password")));
  });

  test.each(["", "naïve", "tab\t", "new\nline", "null\0"])("refuses %j without repeating it", (password) => {
    expect(() => scramVerifier(acme, password)).toThrow(
      "the password for acme.db.example.com must be printable ASCII characters, at least one",
    );
  });
});
