import { readFileSync } from "node:fs";
import { join } from "node:path";
import { offsiteImageTag } from "../../../components/images.ts";
import { openKeys } from "../../../components/sealedKeys.ts";
import { restore } from "../../e2e/support/backupBench.ts";
import type { ImageBench } from "../../e2e/support/imageContainer.ts";
import { outputOf } from "../../e2e/support/shell.ts";
import type { TestStack } from "../../e2e/support/testStack.ts";
import { rowsOf } from "./copies.ts";
import { filesIn } from "./s3.ts";

/** The key of a tenant's repository, from the newest sealed keys in the store. @param root the stack's folder in it, on this machine. */
async function sealedKey(root: string, passphrase: string, origin: string): Promise<string> {
  const newest = (await filesIn(join(root, "keys"))).at(-1);
  if (newest === undefined) throw new Error("the store has no keys");
  const keys = await openKeys(readFileSync(join(root, "keys", newest), "utf8"), passphrase);
  const found = keys.find((tenant) => tenant.origin === origin);
  if (found === undefined) throw new Error(`no key of ${origin}`);
  return found.key;
}

/**
 * Restores a tenant from nothing but the store: its repository into a new volume, and that into a server's. @returns its rows, as `rowsOf`
 * does.
 */
export async function restoredRows(bench: ImageBench, at: TestStack, root: string, origin: string): Promise<string> {
  const key = await sealedKey(root, at.environment["PULUMI_CONFIG_PASSPHRASE"] ?? "", origin);
  const repository = await bench.volume();
  await copyIn(join(root, "tenants", origin), repository);
  const { volume, finished } = await restore(bench, { repository, key }, ["latest"]);
  if (finished.code !== 0) throw new Error(finished.stderr);
  const container = await bench.start(volume);
  try {
    return await rowsOf(container, origin);
  } finally {
    await outputOf("docker", ["rm", "--force", "--volumes", container]);
  }
}

/** Puts a folder's files into a new volume, as the user whom a repository belongs to. */
async function copyIn(folder: string, volume: string): Promise<void> {
  const mounts = ["--mount", `type=volume,source=${volume},target=/repository`, "--volume", `${folder}:/from:ro`];
  const script = "cp -r /from/. /repository && chown -R 999:999 /repository";
  const shell = ["--entrypoint", "sh", offsiteImageTag(), "-euc", script];
  await outputOf("docker", ["run", "--rm", "--network", "none", "--user", "0", ...mounts, ...shell]);
}
