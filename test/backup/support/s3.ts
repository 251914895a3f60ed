import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { connect } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { outputOf } from "../../e2e/support/shell.ts";

/** An S3 server whose buckets are folders, built from the Go module proxy. */
const gateway = { module: "github.com/versity/versitygw/cmd/versitygw", version: "v1.8.0" };

export interface Login {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A real S3 server of this test's own. */
export interface S3 {
  readonly endpoint: string;
  readonly bucket: string;
  /** The bucket's folder on this machine. */
  readonly folder: string;
  /** Starts it where it is stopped; only who logs in so is let in. */
  readonly start: (login: Login) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Builds the server once for this machine; the first time takes some minutes. */
async function buildS3(): Promise<string> {
  const cache = process.env["PGTENANTS_CACHE"] ?? join(homedir(), ".cache", "pgtenants");
  const folder = join(cache, `versitygw-${gateway.version}`);
  const binary = join(folder, "versitygw");
  if (existsSync(binary)) return binary;
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  const environment = { GOBIN: work, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false", GOTOOLCHAIN: "auto" };
  const build = spawn("nice", ["go", "install", "-ldflags=-s -w", `${gateway.module}@${gateway.version}`], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const code = await new Promise((resolve) => build.once("close", resolve).once("error", resolve));
  if (code !== 0) throw new Error(`${gateway.module} could not be built: ${code}; Go and a module proxy are needed`);
  renameSync(work, folder);
  return binary;
}

/** A server that is not started yet. @param folder an empty one of this test's. */
export async function makeS3(address: string, port: number, folder: string): Promise<S3> {
  const binary = await buildS3();
  const bucket = "copies";
  // What S3 keeps beside the bytes of an object goes into a folder: not every file system has attributes for it.
  for (const name of [`buckets/${bucket}`, "beside"]) mkdirSync(join(folder, name), { recursive: true });
  let server: ChildProcess | undefined;
  const stop = async () => {
    if (server === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server?.once("close", resolve));
    server.kill("SIGKILL");
    await ended;
    server = undefined;
  };
  return {
    endpoint: `http://${address}:${port}`,
    bucket,
    folder: join(folder, "buckets", bucket),
    start: async (login) => {
      await stop();
      const backend = ["posix", "--sidecar", join(folder, "beside"), join(folder, "buckets")];
      const env = { ...process.env, ROOT_ACCESS_KEY: login.accessKeyId, ROOT_SECRET_KEY: login.secretAccessKey };
      server = spawn(binary, ["--port", `${address}:${port}`, "--quiet", ...backend], { env, stdio: "ignore" });
      await listens(address, port);
    },
    stop,
  };
}

/** Waits up to half a minute until something listens. */
export async function listens(host: string, port: number): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port }, () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await sleep(200);
  }
  throw new Error(`nothing listens at ${host}:${port}`);
}

/** Paths of all files in a folder, in order. */
export async function filesIn(folder: string): Promise<string[]> {
  const found = await outputOf("find", [folder, "-type", "f", "-printf", "%P\n"]);
  return found
    .split("\n")
    .filter((path) => path !== "")
    .sort();
}
