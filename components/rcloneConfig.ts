import type { Credentials, OffsitePlace, Store } from "./offsiteSettings.ts";

/** Where a folder of the host is mounted that copies go to. */
export const storeFolder = "/store";

/** Where the container keeps what it must not forget. */
export const offsiteFolder = "/var/lib/offsite";

/**
 * rclone's configuration; secret. Its remote `offsite:` is the stack's folder in the store. Pure.
 * @param stack the folder's name where no prefix is set, so that two stacks in one bucket do not meet.
 */
export function renderRcloneConfig(
  { store, prefix }: Pick<OffsitePlace, "store" | "prefix">,
  credentials: Credentials,
  stack: string,
  home: string = offsiteFolder,
): string {
  const remote = `store:${rootOf(store)}/${prefix ?? stack}`;
  const sections = [
    section("store", { ...optionsOf(store, home), ...secretsOf(credentials) }),
    section("offsite", { type: "alias", remote }),
  ];
  // The last line tells who reads it that all of it has come.
  return `${sections.join("\n")}# end\n`;
}

/** The keys that an SFTP server is known by, as a file; empty for other stores. Pure. */
export function renderKnownHosts(store: Store): string {
  return store.type === "sftp" ? `${store.knownHosts.trimEnd()}\n` : "";
}

function rootOf(store: Store): string {
  switch (store.type) {
    case "s3":
      return store.bucket;
    case "sftp":
      return store.path;
    case "path":
      return storeFolder;
    default:
      return store satisfies never;
  }
}

function optionsOf(store: Store, home: string): Record<string, string> {
  switch (store.type) {
    case "s3":
      return {
        type: "s3",
        provider: store.endpoint === undefined ? "AWS" : "Other",
        ...(store.endpoint === undefined ? {} : { endpoint: store.endpoint }),
        ...(store.region === undefined ? {} : { region: store.region }),
        // Who may only write into a bucket may neither ask for it nor make it.
        no_check_bucket: "true",
      };
    case "sftp":
      return {
        type: "sftp",
        host: store.host,
        port: String(store.port),
        user: store.user,
        known_hosts_file: `${home}/known_hosts`,
        // Nothing of the store is to be run.
        shell_type: "none",
      };
    case "path":
      return { type: "local" };
    default:
      return store satisfies never;
  }
}

function secretsOf(credentials: Credentials): Record<string, string> {
  switch (credentials.type) {
    case "s3":
      return { access_key_id: credentials.accessKeyId, secret_access_key: credentials.secretAccessKey };
    case "sftp":
      return { key_pem: credentials.privateKey.trimEnd().replaceAll("\n", "\\n") };
    case "none":
      return {};
    default:
      return credentials satisfies never;
  }
}

function section(name: string, options: Readonly<Record<string, string>>): string {
  const lines = Object.entries(options).map(([option, value]) => `${option} = ${value}\n`);
  return `[${name}]\n${lines.join("")}`;
}
