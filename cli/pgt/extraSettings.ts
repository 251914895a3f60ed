import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import type { StackConfig } from "./stackConfig.ts";

/**
 * Does something with a copy of the stack's settings that has one more, for a single deployment: Pulumi's own `--config` would write it into
 * the file that is committed. The copy is this user's alone, and gone afterwards.
 */
export async function withSetting<T>(
  { file }: Pick<StackConfig, "file">,
  name: string,
  value: unknown,
  work: (settingsFile: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "pgtenants-settings-"));
  try {
    const settings = parseDocument(readFileSync(file, "utf8"));
    settings.setIn(["config", name], value);
    const copy = join(folder, "settings.yaml");
    writeFileSync(copy, settings.toString(), { mode: 0o600 });
    return await work(copy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
