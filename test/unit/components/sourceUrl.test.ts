import { describe, expect, test } from "vitest";
import { parseSourceUrl, renderSource } from "../../../components/sourceUrl.ts";

const secret = "p%40ss%3Aw%5Crd";

describe("parseSourceUrl", () => {
  test("parts a URL into a service without the password, and a password file", () => {
    const parsed = parseSourceUrl(`postgresql://app:${secret}@db.example.com:6543/orders?sslmode=verify-full`);
    expect(parsed).toEqual({
      service:
        "[source]\nconnect_timeout=15\nhost=db.example.com\nuser=app\ndbname=orders\nport=6543\nsslmode=verify-full\n",
      // A colon and a backslash are written with a backslash before them.
      passwordFile: "*:*:*:*:p@ss\\:w\\\\rd\n",
      caFile: undefined,
    });
  });

  test.each([
    ["postgres://app@[::1]/app", "host=::1\nuser=app\ndbname=app\nport=5432\n"],
    ["postgres://%C3%A9@h/%C3%A9?connect_timeout=3", "connect_timeout=3\nhost=h\nuser=é\ndbname=é\n"],
    ["postgres://a@h/d?options=-c%20geqo%3Doff", "options=-c geqo=off\n"],
    ["postgres://a@h/d?sslrootcert=system", "sslrootcert=system\n"],
  ])("%s", (url, lines) => {
    expect(parseSourceUrl(url)).toMatchObject({ service: expect.stringContaining(lines), passwordFile: "" });
  });

  test("a CA's file is read on this machine: the container has none", () => {
    const { service, caFile } = parseSourceUrl("postgres://a@h/d?sslmode=verify-full&sslrootcert=./rds.pem");
    expect(caFile).toBe("./rds.pem");
    expect(service).toContain("sslrootcert=/tmp/ca.pem\n");
  });

  test.each([
    ["mysql://app:hidden@h/d", "no URL of a PostgreSQL server"],
    ["postgres://app:hidden@one:5432,two:5432/d", "with one host"],
    ["postgres://app:hidden@h", "a URL without database"],
    ["postgres:///d?user=hidden", "a URL without host"],
    ["postgres://app:hidden%@h/d", "%25 for a %"],
    ["postgres://app:hidden%0a@h/d", "control characters"],
    ["postgres://app:hidden%20@h/d", "a blank at its end"],
    ["postgres://app:hidden@h/d?passfile=/etc/passwd", "got the parameter passfile"],
    ["postgres://app:hidden@h/d?sslmode=require%0Ahost%3Devil", "control characters"],
  ])("%s is refused, and the error holds nothing of it", (url, message) => {
    expect(() => parseSourceUrl(url)).toThrow(message);
    expect(() => parseSourceUrl(url)).not.toThrow("hidden");
  });
});

test("what goes to the container is three lines, whatever is in them", () => {
  const lines = renderSource(parseSourceUrl(`postgres://a:${secret}@h/d`), "one\ntwo\n").split("\n");
  expect(lines.map((line) => Buffer.from(line, "base64").toString())).toEqual([
    expect.stringContaining("[source]\n"),
    "*:*:*:*:p@ss\\:w\\\\rd\n",
    "one\ntwo\n",
    "",
  ]);
});
