import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { InspectedContainer } from "../../../cli/hardening/container.ts";

/**
 * A `docker` that, before each `run`, makes a second container by the same arguments, writes down what `docker inspect` says of it, and removes
 * it without having started it: a container that lives for a moment can be judged like one that stays.
 */
const script = (docker: string, notes: string) => `#!/bin/sh
set -eu
if [ "\${1:-}" = run ]; then
  shift
  id=$('${docker}' create "$@")
  '${docker}' inspect "$id" >"${notes}/$id.json"
  '${docker}' rm --volumes "$id" >/dev/null
  set -- run "$@"
fi
exec '${docker}' "$@"
`;

/** Makes the shim in `folder`. Gives a PATH that finds it first, and what it has written down until now. */
export function makeDockerShim(folder: string): { path: string; seen: () => InspectedContainer[] } {
  const docker = execFileSync("sh", ["-c", "command -v docker"], { encoding: "utf8" }).trim();
  const [bin, notes] = [join(folder, "shim"), join(folder, "seen")];
  for (const path of [bin, notes]) mkdirSync(path);
  writeFileSync(join(bin, "docker"), script(docker, notes), { mode: 0o755 });
  // One that is too old, so that the operator's commands take the psql of the tenants' image.
  writeFileSync(join(bin, "psql"), "#!/bin/sh\necho 'psql (PostgreSQL) 9.6'\n", { mode: 0o755 });
  return {
    path: `${bin}${delimiter}${process.env["PATH"]}`,
    seen: () =>
      readdirSync(notes).flatMap((name): InspectedContainer[] => JSON.parse(readFileSync(join(notes, name), "utf8"))),
  };
}
