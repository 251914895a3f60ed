import { createHash } from "node:crypto";
import type { Backup } from "../tenants/tenant.ts";

/** pgBackRest's name for what it backs up. Each tenant has a repository of its own, so that one name serves all. */
const stanza = "tenant";

/** Where the repository's volume is mounted. */
export const repositoryFolder = "/var/lib/pgbackrest";

/** Where the server's files are. */
const clusterFolder = "/var/lib/postgresql/18/docker";

/** Where a repository is: one with another key is another one, so that kept backups of an earlier key are never in the way of new ones. */
export function repositoryPath({ key }: Repository): string {
  return `${repositoryFolder}/${createHash("sha256").update(key).digest("hex").slice(0, 12)}`;
}

/** A repository, by the key that all in it is encrypted with. */
export interface Repository {
  /** Letters and digits: nothing that pgBackRest's file could read as something else. */
  readonly key: string;
}

const keyPattern = /^[A-Za-z0-9]{32,}$/;

/**
 * The configuration of pgBackRest for a tenant's container; secret, as it has the repository's key. Pure.
 * @throws Error when the key is not one that was made here.
 */
export function renderPgbackrestConfig({ keepDays }: Pick<Backup, "keepDays">, { key }: Repository): string {
  if (!keyPattern.test(key))
    throw new Error("the repository's key: got one that was not made here, expected 32 or more letters and digits");
  const global = {
    "repo1-path": repositoryPath({ key }),
    "repo1-cipher-type": "aes-256-cbc",
    "repo1-cipher-pass": key,
    // Many small files as few larger ones, and of a file only the blocks that changed.
    "repo1-bundle": "y",
    "repo1-block": "y",
    // A full backup goes when a younger one is that old: the last good one never does.
    "repo1-retention-full-type": "time",
    "repo1-retention-full": String(keepDays),
    "compress-type": "zst",
    // The server's next checkpoint may be five minutes away.
    "start-fast": "y",
    // One process at a time: the tenant's memory is the server's.
    "process-max": "1",
    "log-level-console": "warn",
    "log-level-file": "off",
    "lock-path": "/tmp/pgbackrest",
  };
  const server = {
    "pg1-path": clusterFolder,
    "pg1-socket-path": "/run/postgresql",
    "pg1-user": "pgtenants",
    "pg1-database": "postgres",
  };
  return [section("global", global), section(stanza, server)].join("\n");
}

/** A text as one line, which a shell reads as it is. */
export function renderEncoded(text: string): string {
  return `${Buffer.from(text, "utf8").toString("base64")}\n`;
}

function section(name: string, options: Readonly<Record<string, string>>): string {
  const lines = Object.entries(options).map(([option, value]) => `${option}=${value}\n`);
  return `[${name}]\n${lines.join("")}`;
}
