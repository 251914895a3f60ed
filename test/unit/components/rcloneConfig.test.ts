import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCredentials, parseOffsite } from "../../../components/offsiteSettings.ts";
import { renderKnownHosts, renderRcloneConfig } from "../../../components/rcloneConfig.ts";

const knownHosts = "[backup.example.com]:2222 ssh-ed25519 AAAAC3Nza";
const privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\naC1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n";
const login = { accessKeyId: "AKIA123", secretAccessKey: "abc/def+ghi=" };
const stores = {
  amazon: [{ type: "s3", bucket: "my-backups", region: "eu-central-1" }, login],
  s3: [{ type: "s3", bucket: "my-backups", endpoint: "https://s3.example.com", prefix: "a/b" }, login],
  sftp: [{ type: "sftp", host: "backup.example.com", port: 2222, user: "u", path: "/srv", knownHosts }, { privateKey }],
  path: [{ type: "path", path: "/mnt/nas" }, undefined],
} as const;
const render = (name: keyof typeof stores) => {
  const place = parseOffsite(stores[name][0]);
  return renderRcloneConfig(place, parseCredentials(place.store.type, stores[name][1]), "pgtenants-dev");
};

describe("rclone's configuration", () => {
  test.each(["amazon", "s3", "sftp", "path"] as const)("of a store of type %s", async (name) => {
    await expect(render(name)).toMatchFileSnapshot(`../../golden/rclone.${name}.conf`);
  });

  test("has one line for each option, whatever is in the settings", () => {
    const secretAccessKey = fc.stringMatching(/^[A-Za-z0-9/+=_.~-]{8,60}$/);
    const prefix = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}$/);
    fc.assert(
      fc.property(secretAccessKey, prefix, (secret, folder) => {
        const place = parseOffsite({ type: "s3", bucket: "my-backups", prefix: folder });
        const credentials = parseCredentials("s3", { accessKeyId: "AKIA123", secretAccessKey: secret });
        const lines = renderRcloneConfig(place, credentials, "pgtenants-dev").split("\n");
        expect(lines.filter((line) => line.includes(" = "))).toHaveLength(7);
        expect(lines).toContain(`secret_access_key = ${secret}`);
        expect(lines).toContain(`remote = store:my-backups/${folder}`);
      }),
    );
  });

  test("an SFTP server's keys are a file of their own, and no other store has one", () => {
    expect(renderKnownHosts(parseOffsite(stores.sftp[0]).store)).toBe(`${knownHosts}\n`);
    expect(renderKnownHosts(parseOffsite(stores.path[0]).store)).toBe("");
  });
});
