import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { checkCertificate, type PairSettings, type ServerCertificate, wildcardSettings } from "./certificate.ts";
import { project } from "./names.ts";
import { orRunError, runError } from "./runError.ts";

/** Paths of the certificate's files on this machine. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** The private CA's certificate; undefined for a public CA. */
  readonly ca: string | undefined;
}

/** What of those files goes into the settings. */
export interface Tls {
  readonly certificate: ServerCertificate;
  /** PEM of the private CA that signed the certificate; undefined for a public one. */
  readonly caCertificate: string | undefined;
  /** Where that CA's file is on this machine; goes into the connection strings. */
  readonly caFile: string | undefined;
}

/** The files of the CA and the wildcard certificate that set-up makes for development. The same rule stands in toolchain/setup. */
export function developmentFiles(): TlsFiles {
  const states = fromEnvironment("XDG_STATE_HOME") ?? join(homedir(), ".local", "state");
  const folder = join(fromEnvironment("PGTENANTS_STATE") ?? join(states, project), "tls");
  return { certificate: join(folder, "fullchain.pem"), key: join(folder, "privkey.pem"), ca: join(folder, "ca.crt") };
}

/** An empty variable counts as none, as for the shell. */
function fromEnvironment(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

/**
 * Reads the files and checks that they are fit for `host`, a host name or `*.<domain>`.
 * @throws RunError that names the setting, what was got and what was expected.
 */
export function readTls(files: TlsFiles, host: string, settings: PairSettings = wildcardSettings): Tls {
  const chain = readFile(settings.certificate, files.certificate);
  const key = readFile(settings.key, files.key);
  return {
    certificate: orRunError(() => checkCertificate(chain, key, host, new Date(), settings)),
    caCertificate: files.ca === undefined ? undefined : readFile("tlsCaCertificateFile", files.ca),
    caFile: files.ca,
  };
}

function readFile(key: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw runError(`${key}: cannot read the file: ${reason}; for the development certificate run: make up`);
  }
}
