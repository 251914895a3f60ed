import { describe, expect, test } from "vitest";
import { parseCredentials, parseOffsite } from "../../../components/offsiteSettings.ts";

const s3 = { type: "s3", bucket: "my-backups" };
const sftp = {
  type: "sftp",
  host: "backup.example.com",
  user: "backup",
  path: "/srv/backups",
  knownHosts: "backup.example.com ssh-ed25519 AAAAC3Nza\n",
};
const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\naC1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n";

describe("the setting offsite", () => {
  test.each([
    [s3, { store: s3, prefix: undefined, intervalSeconds: 60 }],
    [
      { ...s3, endpoint: "http://127.0.0.1:9000", region: "eu-1", prefix: "a/b", intervalSeconds: "30" },
      { store: { ...s3, endpoint: "http://127.0.0.1:9000", region: "eu-1" }, prefix: "a/b", intervalSeconds: 30 },
    ],
    [sftp, { store: { ...sftp, port: 22 }, prefix: undefined, intervalSeconds: 60 }],
    [
      { type: "path", path: "/mnt/nas" },
      { store: { type: "path", path: "/mnt/nas" }, intervalSeconds: 60 },
    ],
  ])("takes %j", (given, meant) => {
    expect(parseOffsite(given)).toEqual(meant);
  });

  test.each([
    ["s3", 'offsite: got "s3", expected s3, sftp or path; set it with: pulumi config set --path offsite.type <value>'],
    [{ type: "ftp" }, 'offsite.type: got "ftp", expected s3, sftp or path; set it'],
    [{ type: "s3" }, "offsite.bucket: got nothing, expected a bucket's name, such as my-backups; set it with: "],
    [{ ...s3, bucket: "Mine" }, 'offsite.bucket: got "Mine", expected a bucket'],
    [{ ...s3, endpoint: "s3.example.com" }, 'offsite.endpoint: got "s3.example.com", expected a URL such as https://'],
    [{ ...s3, endpoint: "https://a/b\nenv_auth = true" }, 'offsite.endpoint: got "https://a/b\\nenv_auth'],
    [{ ...s3, prefix: "../other" }, 'offsite.prefix: got "../other", expected a folder'],
    [{ ...s3, prefix: "a b" }, 'offsite.prefix: got "a b", expected a folder such as backups/prod'],
    [{ ...s3, intervalSeconds: 5 }, "offsite.intervalSeconds: got 5, expected a whole number from 10 to 3600; set it"],
    [{ ...s3, intervalSeconds: "soon" }, 'offsite.intervalSeconds: got "soon", expected a whole number'],
    [
      { ...s3, host: "a" },
      "offsite.host: there is no such field; take it out with: pulumi config rm --path offsite.host",
    ],
    [{ ...sftp, knownHosts: "" }, 'offsite.knownHosts: got "", expected lines of a known_hosts file'],
    [{ ...sftp, port: 70_000 }, "offsite.port: got 70000, expected a whole number from 1 to 65535"],
    [{ ...sftp, user: "a b" }, 'offsite.user: got "a b", expected a user'],
    [{ type: "path", path: "backups" }, 'offsite.path: got "backups", expected an absolute path'],
    [{ type: "path", path: "/mnt/,readonly" }, "offsite.path: got"],
  ])("refuses %j with one clear error", (given, message) => {
    const refused = () => parseOffsite(given);
    expect(refused).toThrow(message);
  });
});

describe("the setting offsiteCredentials", () => {
  test("is of the store's type", () => {
    const login = { accessKeyId: "AKIA123", secretAccessKey: "abc/def+ghi=" };
    expect(parseCredentials("s3", login)).toEqual({ type: "s3", ...login });
    expect(parseCredentials("sftp", { privateKey: key })).toEqual({ type: "sftp", privateKey: key });
    expect(parseCredentials("path", undefined)).toEqual({ type: "none" });
  });

  test.each([
    [
      "s3",
      undefined,
      "offsiteCredentials.accessKeyId: expected an access key's id; set it with: pulumi config set --secret",
    ],
    [
      "s3",
      { accessKeyId: "AKIA123", secretAccessKey: "hush hush" },
      "offsiteCredentials.secretAccessKey: expected a secret",
    ],
    [
      "s3",
      { accessKeyId: "AKIA123", secretAccessKey: "hushhush", token: "hush" },
      "offsiteCredentials.token: there is no",
    ],
    ["sftp", { privateKey: "hush" }, "offsiteCredentials.privateKey: expected a private SSH key"],
    ["path", { accessKeyId: "hush" }, "offsiteCredentials: got some, expected none for offsite.type path"],
  ] as const)("of %s refuses %j, and never shows it", (type, given, message) => {
    const refused = () => parseCredentials(type, given);
    expect(refused).toThrow(message);
    expect(refused).not.toThrow("hush");
  });
});
