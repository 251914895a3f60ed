import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { outputOf } from "../../e2e/support/shell.ts";
import type { TestStack } from "../../e2e/support/testStack.ts";

/** The file that holds the stack's state, in the test's own backend. */
export function stateFile(at: TestStack): string {
  return join(at.folder, "backend", ".pulumi", "stacks", "pgtenants", `${at.name}.json`);
}

/** The locks that deployments hold, or have left behind. */
export function locksOf(at: TestStack): readonly string[] {
  const folder = join(at.folder, "backend", ".pulumi", "locks", "organization", "pgtenants", at.name);
  return existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
}

/**
 * Holds the engine and the state to what these tenants take, all of it running, and nothing beside it: no container, network, volume, lock or
 * half-done step. @throws AssertionError that names what is too much and what is missing.
 */
export async function expectNothingLeft(at: TestStack, ids: readonly string[]): Promise<void> {
  const own = ["--filter", `label=dev.pgtenants.stack=${at.name}`];
  const list = async (kind: string, ...args: string[]) =>
    (await outputOf("docker", [...args, ...own])).split("\n").map((line) => `${kind} ${line}`);
  const { deployment } = await at.stack.exportStack();
  const found = [
    ...(await list("container", "ps", "--all", "--format", "{{.Names}} {{.State}}")),
    ...(await list("network", "network", "ls", "--format", "{{.Name}}")),
    ...(await list("volume", "volume", "ls", "--quiet")),
    ...(deployment.pending_operations ?? []).map(({ type }: { type: string }) => `half-done step: ${type}`),
    ...locksOf(at).map((lock) => `lock ${lock}`),
  ];
  const tenants = ids.map(at.container);
  const meant = [
    ...[at.router, ...tenants].map((name) => `container ${name} running`),
    ...[at.routerFiles, ...tenants, ...ids.map(at.backups)].map((name) => `volume ${name}`),
    `network ${at.router}`,
  ];
  const tooMuch = found.filter((line) => !meant.includes(line)).join(", ");
  const missing = meant.filter((line) => !found.includes(line)).join(", ");
  expect({ tooMuch, missing }, `too much: ${tooMuch}; missing: ${missing}`).toEqual({ tooMuch: "", missing: "" });
}
