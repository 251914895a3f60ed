import * as pulumi from "@pulumi/pulumi";
import ipaddr from "ipaddr.js";
import * as z from "zod";
import { offsiteImageTag, poolerImageTag, postgresImageTag, traefikImageTag } from "./images.ts";
import { type StackNames, stackNames } from "./names.ts";
import { type Credentials, type OffsitePlace, parseCredentials, parseOffsite } from "./offsiteSettings.ts";
import { type PreviewRequest, parsePreviewRequest } from "./previewDatabases.ts";
import { recoveryPassphrase } from "./recoveryPassphrase.ts";
import { orRunError, runError } from "./runError.ts";
import { parseImports, parseNetworks, parsePasswords, parseTenantCertificates } from "./structuredSettings.ts";
import { developmentFiles, readTls, type Tls, type TlsFiles } from "./tlsFiles.ts";

/** What the stack's configuration says. The fields are described in Pulumi.yaml, or here where they have no place there. */
export interface Settings extends Tls {
  readonly stack: string;
  /** Names on the engine for this stack. */
  readonly names: StackNames;
  readonly tenantsFile: string;
  readonly domain: string;
  readonly port: number;
  readonly listenAddress: string;
  readonly subnet: string;
  readonly deletionProtection: boolean;
  /** How much memory running tenants may be given together, in times the machine's own; undefined for no limit. A change restarts nothing. */
  readonly overcommit: number | undefined;
  /** IP address for clients where DNS does not know the host names; undefined with proper DNS. */
  readonly hostAddress: string | undefined;
  /** Load balancers whose PROXY protocol header is believed; none by default. A change restarts the router. */
  readonly proxyProtocolFrom: readonly string[];
  /** By id, the passwords of tenants with `password: custom`. Secret. */
  readonly passwords: ReadonlyMap<string, string>;
  /** By id, the URLs of servers that tenants with `from: { import: url }` begin with. Secret. */
  readonly imports: ReadonlyMap<string, string>;
  /** By id, the files of certificates of their own, for tenants with `tls: passthrough`; see `readTenantTls`. */
  readonly tenantCertificates: ReadonlyMap<string, TlsFiles>;
  /** Where backups are copied to; undefined where they are not. */
  readonly offsite: Offsite | undefined;
  /** What this deployment is asked to do about the databases of pull requests; see `pgt preview-database`. */
  readonly previewDatabases: PreviewRequest;
  /** Image of the tenants' servers. Another one restarts every tenant. */
  readonly postgresImage: string;
  /** Image of the router. Another one restarts it, so every session ends once. */
  readonly traefikImage: string;
  /** Image of what copies backups elsewhere. Another one replaces that container and nothing else. */
  readonly offsiteImage: string;
  /** Image of connection pools. Another one ends the sessions that come by them. */
  readonly poolerImage: string;
}

/** Where backups are copied to, how to log in there, and what seals the repositories' keys that go with them. */
export interface Offsite extends OffsitePlace {
  readonly credentials: Credentials;
  /** Secret. */
  readonly passphrase: string;
}

const required = ["domain"] as const;
const optional = [
  "tenantsFile",
  "port",
  "listenAddress",
  "subnet",
  "deletionProtection",
  "overcommit",
  "tlsMode",
  "tlsCertificateFile",
  "tlsKeyFile",
  "tlsCaCertificateFile",
  "hostAddress",
  "proxyProtocolFrom",
  "passwords",
  "imports",
  "tenantCertificates",
  "postgresImage",
  "traefikImage",
  "offsite",
  "offsiteCredentials",
  "recoveryPassphrase",
  "offsiteImage",
  "poolerImage",
  "previewDatabases",
] as const;

const domainPattern = /^(?=.{1,200}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;

/**
 * The one reader of the stack's configuration. Defaults are those of Pulumi.yaml, repeated here for whoever runs without it.
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
  const tls = readTls(tlsFiles(config), `*.${domain}`);
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
    overcommit: overcommit(config),
    hostAddress: address(config, "hostAddress", []),
    proxyProtocolFrom: structured("proxyProtocolFrom", parseNetworks, []),
    passwords: passwords(),
    imports: imports(),
    tenantCertificates: structured("tenantCertificates", parseTenantCertificates, new Map()),
    offsite: structured("offsite", offsite, undefined),
    previewDatabases: structured("previewDatabases", parsePreviewRequest, { create: [], delete: [] }),
    postgresImage: config.get("postgresImage") ?? postgresImageTag(),
    traefikImage: config.get("traefikImage") ?? traefikImageTag(),
    offsiteImage: config.get("offsiteImage") ?? offsiteImageTag(),
    poolerImage: config.get("poolerImage") ?? poolerImageTag(),
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

function overcommit(config: pulumi.Config): number | undefined {
  const text = config.get("overcommit");
  if (text === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value <= 0 || value > 100) throw wrong("overcommit", text, "a number above 0, 100 at most, such as 1.5", "1.5");
  return value;
}

function address(config: pulumi.Config, key: string, others: readonly string[]): string | undefined {
  const value = config.get(key);
  if (value === undefined || others.includes(value) || ipaddr.isValid(value)) return value;
  throw wrong(key, value, `an IP address${others.map((other) => ` or ${other}`).join("")}`, "127.0.0.1");
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
    case "development":
      return developmentFiles();
    default:
      throw wrong("tlsMode", mode, "files or development", "files");
  }
}

/** A setting that is a list or a mapping. Read as text: `Config.getObject` would print a warning where it is secret. */
function structured<T>(key: string, parse: (json: unknown) => T, none: T): T {
  const text = pulumi.runtime.getConfig(`${pulumi.getProject()}:${key}`);
  return text === undefined ? none : orRunError(() => parse(JSON.parse(text)));
}

function passwords(): ReadonlyMap<string, string> {
  const found = structured("passwords", parsePasswords, new Map());
  if (found.size > 0) refuseClear("passwords", "passwords", "passwords.<id>");
  return found;
}

function offsite(json: unknown): Offsite {
  const place = parseOffsite(json);
  const credentials = structured("offsiteCredentials", (value) => parseCredentials(place.store.type, value), undefined);
  if (credentials !== undefined) refuseClear("offsiteCredentials", "credentials", "offsiteCredentials.<field>");
  const given = new pulumi.Config().get("recoveryPassphrase");
  if (given !== undefined) refuseClear("recoveryPassphrase", "a passphrase", "recoveryPassphrase");
  return {
    ...place,
    credentials: credentials ?? parseCredentials(place.store.type, undefined),
    passphrase: recoveryPassphrase(given),
  };
}

/** In clear they would stand in Pulumi.<stack>.yaml, which is committed. */
function refuseClear(key: string, what: string, path: string): void {
  if (secretKeys().includes(`${pulumi.getProject()}:${key}`)) return;
  throw runError(
    `${key}: got ${what} in clear in the stack's settings file, expected them encrypted; take them out with: pulumi config rm ${key}, ` +
      `and set others, since whoever reads the file knows these: pulumi config set --secret --path ${path}`,
  );
}

function imports(): ReadonlyMap<string, string> {
  const found = structured("imports", parseImports, new Map());
  if (found.size === 0 || secretKeys().includes(`${pulumi.getProject()}:imports`)) return found;
  throw runError(
    "imports: got URLs in clear in the stack's settings file, expected them encrypted; take them out with: pulumi config rm imports, " +
      "change the passwords in them, since whoever reads the file knows these, and: pulumi config set --secret --path imports.<id>",
  );
}

/** The SDK tells nobody which settings are secret; this is where the engine tells the SDK. */
function secretKeys(): readonly string[] {
  return z.array(z.string()).parse(JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]"));
}
