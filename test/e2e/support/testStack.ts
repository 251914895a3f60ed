import { randomBytes, randomInt } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ConfigMap, LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import type { ConnectionStrings } from "../../../components/connectionStrings.ts";
import { selfSigned } from "../../support/certificates.ts";
import { freeSubnet, removeByStack } from "./engine.ts";

const project = fileURLToPath(new URL("../../../", import.meta.url));

/** The program on real containers, as a stack of its own: own names, port, subnet, backend and certificate, in a folder that goes away. */
export interface TestStack {
  readonly stack: Stack;
  readonly name: string;
  readonly port: number;
  readonly domain: string;
  /** Holds the project, `backend/` with the state, and the certificate's files. */
  readonly folder: string;
  readonly caFile: string;
  /** Name of a tenant's container, and of its volume. */
  readonly container: (id: string) => string;
  /** Name of the volume that a tenant's backups are in. */
  readonly backups: (id: string) => string;
  readonly router: string;
  /** The router's volume. */
  readonly routerFiles: string;
  /** Environment of the CLI, for those who start it themselves. */
  readonly environment: Record<string, string>;
  /** Writes tenants.yaml with these entries, one line of YAML each. */
  readonly list: (...entries: readonly string[]) => void;
  readonly connectionStrings: () => Promise<Record<string, ConnectionStrings>>;
  /** Removes everything, also after a failed or killed deployment. */
  readonly remove: () => Promise<void>;
}

/** Makes a stack of the given tenants, without deploying it. `config` overrides settings; the stack's name begins with `prefix`. */
export async function makeTestStack(
  ids: readonly string[],
  config: Record<string, string> = {},
  prefix = "e2e",
): Promise<TestStack> {
  const folder = mkdtempSync(join(tmpdir(), `pgtenants-${prefix}-`));
  try {
    // The name of the bridge's interface leaves a stack 11 characters.
    return await makeIn(folder, `${prefix}-${randomBytes(3).toString("hex")}`.slice(0, 11), ids, config);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function makeIn(
  folder: string,
  name: string,
  ids: readonly string[],
  config: Record<string, string>,
): Promise<TestStack> {
  const domain = `${name}.localhost`;
  const port = await freePort();
  const settings = {
    domain,
    port: String(port),
    listenAddress: "127.0.0.1",
    hostAddress: "127.0.0.1",
    subnet: config["subnet"] ?? (await freeSubnet()),
    deletionProtection: "false",
    tenantsFile: join(folder, "tenants.yaml"),
    ...(await writeCertificate(folder, domain)),
    ...config,
  };
  const environment = layOut(folder);
  const stack = await LocalWorkspace.createStack(
    { stackName: name, workDir: join(folder, "project") },
    { envVars: environment },
  );
  const values: ConfigMap = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`pgtenants:${key}`, { value }]),
  );
  await stack.setAllConfig(values);
  const list = (...entries: readonly string[]) => {
    writeFileSync(settings.tenantsFile, `tenants:\n${entries.map((entry) => `  - ${entry}\n`).join("")}`);
  };
  list(...ids.map((id) => `id: ${id}`));
  return {
    stack,
    name,
    port,
    domain,
    folder,
    caFile: settings.tlsCaCertificateFile,
    container: (id) => `pgtenants-${name}.${id}`,
    backups: (id) => `pgtenants-${name}.${id}_backups`,
    router: `pgtenants-${name}`,
    routerFiles: `pgtenants-${name}_router`,
    environment,
    list,
    connectionStrings: async () => (await stack.outputs())["connectionStrings"]?.value,
    remove: async () => {
      try {
        await stack.destroy();
      } finally {
        await removeByStack(name);
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

/** A project folder beside the checkout: linked files, own stack configuration. The CLI then writes nothing into the checkout. */
function layOut(folder: string): Record<string, string> {
  const home = join(folder, "home");
  const work = join(folder, "project");
  for (const path of [home, work, join(folder, "backend")]) mkdirSync(path);
  cpSync(join(project, "Pulumi.yaml"), join(work, "Pulumi.yaml"));
  for (const link of ["index.ts", "components", "package.json", "node_modules"])
    symlinkSync(join(project, link), join(work, link));
  const plugins = join(process.env["PULUMI_HOME"] ?? join(process.env["HOME"] ?? "", ".pulumi"), "plugins");
  symlinkSync(plugins, join(home, "plugins"));
  // As in the home that set-up makes: no folder, so no logs of every command.
  writeFileSync(join(home, "logs"), "");
  return {
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${join(folder, "backend")}`,
    PULUMI_CONFIG_PASSPHRASE: randomBytes(16).toString("hex"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}

async function writeCertificate(folder: string, domain: string) {
  const { chain, key } = await selfSigned([`*.${domain}`]);
  const files = { tlsCertificateFile: join(folder, "fullchain.pem"), tlsKeyFile: join(folder, "privkey.pem") };
  writeFileSync(files.tlsCertificateFile, chain);
  writeFileSync(files.tlsKeyFile, key);
  chmodSync(files.tlsKeyFile, 0o600);
  return { ...files, tlsCaCertificateFile: files.tlsCertificateFile };
}

/** Below the ports that the kernel gives to outgoing connections, one of which would take it before the router does. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error("no free port from 20000 to 31999");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
