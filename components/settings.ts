import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import ipaddr from "ipaddr.js";
import { checkCertificate, type ServerCertificate } from "./certificate.ts";
import { postgresImageTag, traefikImageTag } from "./images.ts";
import { project, type StackNames, stackNames } from "./names.ts";
import { orRunError, runError } from "./runError.ts";

/** What the stack's configuration says. The fields are described in Pulumi.yaml, or here where they have no place there. */
export interface Settings {
  readonly stack: string;
  /** Names on the engine for this stack. */
  readonly names: StackNames;
  readonly tenantsFile: string;
  readonly domain: string;
  readonly port: number;
  readonly listenAddress: string;
  readonly subnet: string;
  readonly deletionProtection: boolean;
  readonly certificate: ServerCertificate;
  /** PEM of the private CA that signed the certificate; undefined for a public one. */
  readonly caCertificate: string | undefined;
  /** Where that CA's file is on this machine; goes into the connection strings. */
  readonly caFile: string | undefined;
  /** IP address for clients where DNS does not know the host names; undefined with proper DNS. */
  readonly hostAddress: string | undefined;
  /** Image of the tenants' servers. Another one restarts every tenant. */
  readonly postgresImage: string;
  /** Image of the router. Another one restarts it, so every session ends once. */
  readonly traefikImage: string;
}

const required = ["domain"] as const;
const optional = [
  "tenantsFile",
  "port",
  "listenAddress",
  "subnet",
  "deletionProtection",
  "tlsMode",
  "tlsCertificateFile",
  "tlsKeyFile",
  "tlsCaCertificateFile",
  "hostAddress",
  "postgresImage",
  "traefikImage",
] as const;

const domainPattern = /^(?=.{1,200}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;

/**
 * The one reader of the stack's configuration. Defaults of optional settings are those of Pulumi.yaml, which the engine fills in.
 * @throws RunError with what was got, what was expected and the command that mends it, before any resource is registered.
 */
export function readSettings(): Settings {
  refuseUnknownKeys();
  const config = new pulumi.Config();
  const domain = text(
    config,
    "domain",
    domainPattern,
    "a lower case DNS name of two labels or more, such as db.example.com",
  );
  const tls = readTls(config, domain);
  const stack = pulumi.getStack();
  return Object.freeze({
    stack,
    names: orRunError(() => stackNames(stack)),
    tenantsFile: config.get("tenantsFile") ?? "tenants/tenants.yaml",
    domain,
    port: port(config),
    listenAddress: address(config, "listenAddress", ["*"]) ?? "*",
    subnet: config.get("subnet") ?? "198.18.0.0/16",
    deletionProtection: config.getBoolean("deletionProtection") ?? true,
    hostAddress: address(config, "hostAddress", []),
    postgresImage: config.get("postgresImage") ?? postgresImageTag(),
    traefikImage: config.get("traefikImage") ?? traefikImageTag(),
    ...tls,
  });
}

/** The engine lets unknown keys pass in silence, so a misspelt setting would be a setting that does nothing. */
function refuseUnknownKeys(): void {
  const known: readonly string[] = [...required, ...optional];
  const namespace = `${pulumi.getProject()}:`;
  const keys = Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith(namespace));
  const unknown = keys.map((key) => key.slice(namespace.length)).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw runError(
      `configuration: unknown ${unknown.join(", ")}; the settings are ${known.join(", ")}. Remove it with: pulumi config rm <name>`,
    );
  }
}

function wrong(key: string, got: string, expected: string, fix: string): pulumi.RunError {
  return runError(`${key}: got "${got}", expected ${expected}; set it with: pulumi config set ${key} ${fix}`);
}

function text(config: pulumi.Config, key: string, pattern: RegExp, expected: string): string {
  const value = config.get(key) ?? "";
  if (!pattern.test(value)) throw wrong(key, value, expected, "<value>");
  return value;
}

function port(config: pulumi.Config): number {
  const value = config.getNumber("port") ?? 5432;
  // The router runs as an ordinary user, who may not listen below 1024.
  if (!Number.isInteger(value) || value < 1024 || value > 65535)
    throw wrong("port", String(value), "a whole number from 1024 to 65535", "5432");
  return value;
}

function address(config: pulumi.Config, key: string, others: readonly string[]): string | undefined {
  const value = config.get(key);
  if (value === undefined || others.includes(value) || ipaddr.isValid(value)) return value;
  throw wrong(key, value, `an IP address${others.map((other) => ` or ${other}`).join("")}`, "127.0.0.1");
}

type Tls = Pick<Settings, "certificate" | "caCertificate" | "caFile">;

function readTls(config: pulumi.Config, domain: string): Tls {
  const files = tlsFiles(config);
  const chain = readFile("tlsCertificateFile", files.certificate);
  const key = readFile("tlsKeyFile", files.key);
  const certificate = orRunError(() => checkCertificate(chain, key, domain, new Date()));
  const caCertificate = files.ca === undefined ? undefined : readFile("tlsCaCertificateFile", files.ca);
  return { certificate, caCertificate, caFile: files.ca };
}

interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string | undefined;
}

function tlsFiles(config: pulumi.Config): TlsFiles {
  const mode = config.get("tlsMode") ?? "files";
  switch (mode) {
    case "files":
      return {
        certificate: config.require("tlsCertificateFile"),
        key: config.require("tlsKeyFile"),
        ca: config.get("tlsCaCertificateFile"),
      };
    case "development": {
      const folder = join(stateFolder(), "tls");
      return {
        certificate: join(folder, "fullchain.pem"),
        key: join(folder, "privkey.pem"),
        ca: join(folder, "ca.crt"),
      };
    }
    default:
      throw wrong("tlsMode", mode, "files or development", "files");
  }
}

/** Where set-up keeps what belongs to this user and machine: outside every checkout. The same rule stands in toolchain/setup. */
function stateFolder(): string {
  return (
    process.env["PGTENANTS_STATE"] ?? join(process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), project)
  );
}

function readFile(key: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw runError(`${key}: cannot read the file: ${reason}; for the development certificate run: make up`);
  }
}
