import { createHash } from "node:crypto";
import type { Drift } from "./drift.ts";
import type { DriftKind } from "./kinds.ts";

/** A file that a deployment, or the image, made in a tenant's container. */
export interface DeployedFile {
  readonly kind: DriftKind;
  readonly path: string;
  /** The SHA-256 of what it may hold. */
  readonly digests: readonly string[];
  readonly fix: string;
}

/** Files held against those that were deployed, by their digests: what is in them may be secret. Pure. @param seen digests by path. */
export function compareFiles(
  subject: string,
  deployed: readonly DeployedFile[],
  seen: Readonly<Record<string, string>>,
): Drift[] {
  return deployed.flatMap(({ kind, path, digests, fix }): Drift[] => {
    const digest = seen[path];
    if (digest !== undefined && digests.includes(digest)) return [];
    const found = digest === undefined ? `no ${path}` : `another text in ${path}`;
    return [{ subject, kind, found, expected: "as it was deployed", fix }];
  });
}

/** What `sha256sum` says of a file with this text. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
