import { existsSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { postgresImageTag, traefikVersion } from "../../components/images.ts";
import type { Machine } from "../results.ts";
import { outputOf } from "./execute.ts";

/** What the figures were measured on, and with. */
export async function describeMachine(peersImage: string): Promise<Machine> {
  const inImage = (image: string, ...command: string[]) =>
    outputOf("docker", ["run", "--rm", "--network=none", "--entrypoint", command[0] ?? "", image, ...command.slice(1)]);
  const versions = {
    PostgreSQL: await inImage(postgresImageTag(), "postgres", "--version"),
    Traefik: traefikVersion,
    HAProxy: await inImage(peersImage, "haproxy", "-v"),
    PgBouncer: await inImage(peersImage, "pgbouncer", "--version"),
    "Docker Compose": await inImage(peersImage, "docker-compose", "version"),
    "Docker engine": await outputOf("docker", ["version", "--format", "{{.Server.Version}}"]),
    "Pulumi CLI": await outputOf("pulumi", ["version"]),
    "Node.js": process.versions.node,
  };
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    kernel: release(),
    cgroup: existsSync("/sys/fs/cgroup/cgroup.controllers") ? "v2" : "v1",
    versions: Object.fromEntries(Object.entries(versions).map(([program, said]) => [program, versionIn(said)])),
  };
}

/** The first version number in what a program says of itself. */
export function versionIn(said: string): string {
  return /\d+\.\d+(\.\d+)*/.exec(said)?.[0] ?? said.split("\n", 1)[0] ?? said;
}
