import { readFileSync } from "node:fs";

/**
 * What seals the repositories' keys for a day when nothing else is left: the setting `recoveryPassphrase`, or the passphrase of the stack's
 * own secrets, which who recovers needs anyway.
 * @throws Error where there is neither, as with a secrets provider that has no passphrase.
 */
export function recoveryPassphrase(setting: string | undefined): string {
  const passphrase = setting ?? process.env["PULUMI_CONFIG_PASSPHRASE"] ?? fromFile();
  if (passphrase !== undefined && passphrase.length >= 12) return passphrase;
  const got = passphrase === undefined ? "none" : `one of ${passphrase.length} characters`;
  throw new Error(
    `recoveryPassphrase: got ${got}, expected 12 characters or more, which the backups' keys are sealed with; ` +
      "set one that is kept outside this machine: pulumi config set --secret recoveryPassphrase",
  );
}

function fromFile(): string | undefined {
  const file = process.env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  // As Pulumi itself reads it.
  return file === undefined || file === "" ? undefined : readFileSync(file, "utf8").trim();
}
