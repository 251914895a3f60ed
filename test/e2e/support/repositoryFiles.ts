import { repositoryPath } from "../../../components/pgbackrestConfig.ts";
import type { BackedUp } from "./backupBench.ts";
import type { ImageBench } from "./imageContainer.ts";

type Repository = Pick<BackedUp, "repository" | "key">;

/** Where a volume is mounted by `prepare`. */
const mounted = "/var/lib/postgresql";

/** The name of a repository's folder in its volume. */
function folderOf(key: string): string {
  return repositoryPath({ key }).split("/").at(-1) ?? "";
}

/** Runs a shell script in a repository's folder, as the user that it belongs to. */
export function inRepository(bench: ImageBench, { repository, key }: Repository, script: string): Promise<string> {
  return bench.prepare(repository, `cd ${mounted}/${folderOf(key)}\n${script}`);
}

/** Keeps a copy of a repository beside it, in its volume. */
export function keepSound(bench: ImageBench, { repository, key }: Repository): Promise<string> {
  return bench.prepare(repository, `cd ${mounted} && cp -a ${folderOf(key)} sound`);
}

/** Makes a repository what it was when it was kept. */
export function makeSound(bench: ImageBench, { repository, key }: Repository): Promise<string> {
  const folder = folderOf(key);
  return bench.prepare(repository, `cd ${mounted} && rm -rf ${folder} && cp -a sound ${folder}`);
}

/** A shell command that turns over all bits of the byte in the middle of a file. */
export function flip(file: string): string {
  return `perl -e 'open my $f, "+<:raw", $ARGV[0] or die $!; seek $f, (-s $f) / 2, 0; read $f, my $b, 1;
    seek $f, (-s $f) / 2, 0; print $f ~$b; close $f or die $!' ${file}`;
}
