import { outputOf } from "../../e2e/support/shell.ts";

/** Kills a process of a tenant's container by its number in there. */
export async function killInside(container: string, pid: number): Promise<void> {
  await outputOf("docker", ["exec", container, "bash", "-c", 'kill -9 "$1"', "kill", String(pid)]);
}

/** The postmaster's number in its container. */
export async function postmasterOf(container: string): Promise<number> {
  const file = await outputOf("docker", ["exec", container, "bash", "-c", 'head -n 1 "$PGDATA/postmaster.pid"']);
  return Number(file);
}

/** What a tenant's server has written since it is there. */
export async function logOf(container: string): Promise<string> {
  return outputOf("bash", ["-c", 'docker logs "$1" 2>&1', "logs", container]);
}
