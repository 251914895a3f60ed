import { readFileSync } from "node:fs";
import * as z from "zod";
import { type Difference, lookCommand, lookInput, parseLook } from "../../../components/declaredLook.ts";
import { poolerFolder } from "../../../components/pgbouncerIni.ts";
import { superuserArguments } from "../../../components/superuserSession.ts";
import { renderVariable } from "../../../components/tenantSpec.ts";
import { dockerReadingAtOnce } from "../engine.ts";
import { closing } from "./compareClosing.ts";
import type { SeenPools } from "./comparePools.ts";
import type { SeenRouter } from "./compareRouter.ts";
import { cluster, type SeenServer } from "./compareServer.ts";
import { routerFolder } from "./deployed.ts";
import { type DeployedInside, verifierDigest } from "./deployedInside.ts";

/** What a look into one container may take, in milliseconds. */
const limit = 20_000;

const sql = readFileSync(new URL("server.sql", import.meta.url), "utf8");

const session = superuserArguments({ default_transaction_read_only: "on", statement_timeout: "15s" });

/** In a tenant's container, with the paths of files as arguments and psql's input: digests of the files, then what server.sql prints. */
const serverScript = `
sha256sum "$@" 2>/dev/null
if grep -qxF "include_dir '/usr/local/lib/pgtenants'" "$PGDATA/postgresql.conf"; then echo taken over; fi
echo cluster
exec psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --file=-
`;

/** What a tenant's server says, and the digests of its files by path. */
export interface SeenInside {
  readonly server: SeenServer;
  readonly files: Readonly<Record<string, string>>;
}

/** Asks one tenant's server. @param container by id: its name may be another's. @throws OperatorError when it does not answer. */
export async function readServer(deployed: DeployedInside, container: string): Promise<SeenInside> {
  const { spec, files } = deployed;
  const expected = { owner: spec.owner, database: spec.database, verifierDigest: verifierDigest(deployed) };
  const paths = files.map(({ path }) => path);
  const command = ["exec", "--interactive", ...session, container, "sh", "-c", serverScript, "sh", ...paths];
  const printed = await dockerReadingAtOnce(renderVariable("expected", expected) + sql, limit, command);
  return parseServer(printed);
}

/** Asks it for what is declared in it and is not so; nothing of one in which nothing is declared. @throws OperatorError when it does not answer. */
export async function readDeclared({ spec }: DeployedInside, container: string): Promise<Difference[]> {
  const { declared, ...rest } = spec;
  if (declared === undefined) return [];
  return parseLook(await dockerReadingAtOnce(lookInput({ ...rest, declared }), limit, lookCommand(container)));
}

/** Reads what {@link serverScript} printed. */
export function parseServer(printed: string): SeenInside {
  const [before = "", after = ""] = printed.split(/^cluster\n/m);
  const [first = "", second = "", third = ""] = after.split("\n");
  const seen = cluster.parse(JSON.parse(first));
  const extensions = z.array(z.string()).parse(JSON.parse(second));
  return {
    server: {
      ...{ cluster: seen, extensions, closing: closing.parse(JSON.parse(third)) },
      takenOver: /^taken over$/m.test(before),
    },
    files: digestsIn(before),
  };
}

/** Reads lines of `sha256sum`. */
function digestsIn(text: string): Readonly<Record<string, string>> {
  const found = [...text.matchAll(/^([0-9a-f]{64}) [ *](.*)$/gm)];
  return Object.fromEntries(found.map(([, digest = "", path = ""]) => [path, digest]));
}

/** In a pools' container, as PgBouncer's own user: digests of the settings that each pool begins with, and of those that it has read; who listens. */
const poolsScript = `
cd ${poolerFolder}/config && sha256sum ./*.ini 2>/dev/null
cd /run/pooler/services && sha256sum ./*/applied.ini 2>/dev/null
grep -h ' 0A ' /proc/net/tcp /proc/net/tcp6 2>/dev/null
true
`;

/** Asks a pools' container. @throws OperatorError when it does not answer. */
export async function readPools(container: string): Promise<SeenPools> {
  return parsePools(await dockerReadingAtOnce("", limit, ["exec", container, "sh", "-c", poolsScript]));
}

/** Reads what {@link poolsScript} printed. */
export function parsePools(printed: string): SeenPools {
  const digests = Object.entries(digestsIn(printed));
  const named = (path: RegExp) =>
    new Map(
      digests.flatMap(([file, digest]) => {
        const name = path.exec(file)?.[1];
        return name === undefined ? [] : [[name, digest] as const];
      }),
    );
  // A row of /proc/net/tcp: its number, the local address with the port, the remote one, the state (0A: listening).
  const listening = printed.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ 0A /gm);
  return {
    written: named(/^\.\/([^/]+)\.ini$/),
    read: named(/^\.\/([^/]+)\/applied\.ini$/),
    ports: new Set([...listening].map(([, port = ""]) => Number.parseInt(port, 16))),
  };
}

/** In the router, which may read its files. */
const routerScript = `
cd ${routerFolder}
stat -c 'file %u:%g %a %n' routes routes/* certificates certificates/* 2>/dev/null
sha256sum certificates/*.pem 2>/dev/null
echo routes
cat routes/dynamic.yml || true
`;

/** Looks into the router's volume. @throws OperatorError when its container does not answer. */
export async function readRouter(container: string): Promise<SeenRouter> {
  return parseRouter(await dockerReadingAtOnce("", limit, ["exec", container, "sh", "-c", routerScript]));
}

/** Reads what {@link routerScript} printed. */
export function parseRouter(printed: string): SeenRouter {
  const [before = "", ...rest] = printed.split(/^routes$/m);
  const files = [...before.matchAll(/^file (\S+) (\S+) (.*)$/gm)].map(([, owner = "", mode = "", path = ""]) => ({
    path,
    owner,
    mode,
  }));
  const there = files.some(({ path }) => path === "routes/dynamic.yml");
  return { routes: there ? rest.join("routes").trim() : undefined, files, certificates: digestsIn(before) };
}
