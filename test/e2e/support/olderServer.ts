import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./imageContainer.ts";
import { outputOf, run } from "./shell.ts";
import { freePort } from "./testStack.ts";

const installed = "/usr/lib/postgresql";
/** What PostgreSQL refuses to run as is root, as which tests may run. */
const nobody = 65_534;

/** The oldest PostgreSQL of Debian's packages on this machine that is older than the tenants'; undefined where there is none. */
export const olderMajor = (existsSync(installed) ? readdirSync(installed) : [])
  .map(Number)
  .filter((major) => major >= 10 && major < 18 && existsSync(join(installed, String(major), "bin/initdb")))
  .sort((one, other) => one - other)[0];

/** A server of this machine's own PostgreSQL, on the loopback, with a role `app` that owns the database `shop`. */
export interface OlderServer {
  readonly port: number;
  /** What psql prints. */
  readonly sql: (user: string, text: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

export async function startOlderServer(): Promise<OlderServer> {
  const folder = mkdtempSync(join(tmpdir(), "pgtenants-older-"));
  const user = process.getuid?.() === 0 ? nobody : process.getuid?.();
  if (user === nobody) chownSync(folder, nobody, nobody);
  const at = (program: string) => join(installed, String(olderMajor), "bin", program);
  const words = user === nobody ? ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"] : ["env"];
  const [command = "", ...leading] = words;
  const data = join(folder, "data");
  const initialize = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", data];
  await outputOf(command, [...leading, at("initdb"), ...initialize]);
  const port = await freePort();
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`, "fsync=off"];
  const server = spawn(
    command,
    [...leading, at("postgres"), "-D", data, ...settings.flatMap((setting) => ["-c", setting])],
    { stdio: "ignore" },
  );
  const psql = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"];
  const where = [`--host=${folder}`, `--port=${port}`];
  const stop = async () => {
    await ended(server);
    rmSync(folder, { recursive: true });
  };
  try {
    const ready = ["--quiet", "--host=127.0.0.1", `--port=${port}`];
    await until(async () => (await run(at("pg_isready"), ready)).code === 0, "the older server answers");
    const create = [
      "--username=postgres",
      "--command=CREATE ROLE app LOGIN",
      "--command=CREATE DATABASE shop OWNER app",
    ];
    await outputOf(at("psql"), [...psql, ...where, ...create]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    sql: (role, text) => outputOf(at("psql"), [...psql, ...where, `--username=${role}`, "--file=-", "shop"], text),
    stop,
  };
}

function ended(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    server.once("close", () => resolve());
    if (!server.kill("SIGQUIT")) resolve();
  });
}
