import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { postgresImageTag } from "../../../components/images.ts";
import { selfSigned } from "../../support/certificates.ts";
import { answers } from "./imageContainer.ts";
import { outputOf } from "./shell.ts";
import type { TestStack } from "./testStack.ts";

const fixture = fileURLToPath(new URL("../../support/fixtures/pgs", import.meta.url));

/** A tenant of the fixture, as it is on the engine. */
export interface InstalledTenant {
  readonly id: string;
  readonly container: string;
  readonly volume: string;
  readonly user: string;
  readonly password: string;
}

/** A pgs that runs: the fixture's folder, and containers and volumes as it says, under names of the test's own. They go with the test's stack. */
export interface PgsInstall {
  readonly folder: string;
  readonly domain: string;
  /** With access from outside, and a hyphen in the name of its database. */
  readonly acme: InstalledTenant;
  /** Without access, and with a user of its own. */
  readonly globex: InstalledTenant;
  readonly router: string;
  /** Runs SQL as the superuser in a running container of pgs. */
  readonly sql: (tenant: InstalledTenant, database: string, sql: string) => Promise<string>;
  /** All texts of the folder. */
  readonly texts: () => string;
}

const files = ["docker-compose.yml", "dynamic.yml", "traefik.yml", "tenant-access.json", ".env"];

/**
 * What the official image's entrypoint does: a cluster in en_US.utf8, whose superuser may come in with a password, or over the socket. The folder
 * is what only the tenants' image has.
 */
const official = `if [ "$(id -u)" = 0 ]; then
  rm -rf /usr/local/lib/pgtenants
  exec setpriv --reuid=999 --regid=999 --clear-groups sh -euc "$0"
fi
export LANG=en_US.utf8
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --pgdata="$PGDATA" --username="$PGUSER" >/dev/null
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
fi
exec postgres -c listen_addresses='*'`;

/** Makes it, with empty databases. The containers are on no network: nobody connects to them but the test. */
export async function installPgs(at: TestStack): Promise<PgsInstall> {
  const suffix = at.name.replace("e2e-", "");
  const folder = join(at.folder, `pgs-${suffix}`);
  const domain = `pgs.${at.domain}`;
  const tenant = (name: string, volume: string, user: string): InstalledTenant => ({
    id: `${name}-${suffix}`,
    container: `pgs_${name}-${suffix}`,
    volume: `pgs-${suffix}_${volume}`,
    user,
    password: randomBytes(12).toString("hex"),
  });
  const acme = tenant("acme-corp", "pgdata_1", "postgres");
  const globex = tenant("globex", "pgdata_2", "globex_admin");
  const router = `pgs-${suffix}-traefik-1`;
  await layOut(folder, domain, (text) =>
    text
      .replaceAll("not-a-secret-of-acme", acme.password)
      .replaceAll("not-a-secret-of-globex", globex.password)
      .replaceAll("pgs.example.com", domain)
      .replaceAll(/\b(pgs_)?(acme-corp|globex)\b(?!_)/g, `$1$2-${suffix}`)
      .replaceAll("5432:5432", `${at.port}:5432`),
  );

  const label = `--label=dev.pgtenants.stack=${at.name}`;
  const compose = (service: string) => [
    `--label=com.docker.compose.service=${service}`,
    `--label=com.docker.compose.project.working_dir=${folder}`,
  ];
  const run = (name: string, script: string, ...options: string[]) => {
    const shell = ["--user=0", "--entrypoint=sh", postgresImageTag(), "-euc", script, script];
    return outputOf("docker", [
      "run",
      "--detach",
      "--restart=always",
      "--network=none",
      `--name=${name}`,
      label,
      ...options,
      ...shell,
    ]);
  };
  await run(router, "exec sleep infinity", ...compose("traefik"), "--stop-signal=SIGKILL");
  for (const { container, volume, user, id, password } of [acme, globex]) {
    await outputOf("docker", ["volume", "create", label, volume]);
    const mounts = [
      `--mount=type=volume,source=${volume},target=/var/lib/postgresql`,
      "--tmpfs=/run/postgresql:uid=999",
    ];
    await run(container, official, ...compose(container), ...mounts, `--env=PGUSER=${user}`);
    await answers(container);
    await sql({ container }, "postgres", `ALTER ROLE ${user} PASSWORD '${password}'; CREATE DATABASE "${id}";`);
  }
  const texts = () => files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
  return { folder, domain, acme, globex, router, sql, texts };
}

function sql({ container }: Pick<InstalledTenant, "container">, database: string, text: string): Promise<string> {
  const psql = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--file=-"];
  return outputOf("docker", ["exec", "--interactive", `--env=PGDATABASE=${database}`, container, ...psql], text);
}

async function layOut(folder: string, domain: string, fill: (text: string) => string): Promise<void> {
  mkdirSync(folder);
  cpSync(fixture, folder, { recursive: true });
  for (const file of files) {
    const text = readFileSync(join(folder, file), "utf8");
    writeFileSync(join(folder, file), fill(text));
  }
  const { chain, key } = await selfSigned([`*.${domain}`]);
  mkdirSync(join(folder, "certs"));
  writeFileSync(join(folder, "certs/fullchain.pem"), chain);
  writeFileSync(join(folder, "certs/privkey.pem"), key, { mode: 0o600 });
}
