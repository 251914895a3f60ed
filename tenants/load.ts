import { readFileSync, statSync } from "node:fs";
import { checkSchema, type Draft } from "./check.ts";
import { withDefaults } from "./defaults.ts";
import type { Entry } from "./edit.ts";
import { describePath, independent, type LocatedProblem, type Problem, TenantsFileError } from "./issues.ts";
import { checkRules } from "./rules.ts";
import { wholeSecondPlaces } from "./secondPlace.ts";
import type { TenantList } from "./sharedTenant.ts";
import type { Tenant } from "./tenant.ts";
import { readYaml, type YamlText } from "./yaml.ts";

/** Before anything is parsed. 2,000 tenants fit in with every field set and lists of two networks; most of them take a tenth of that. */
const MAX_BYTES = 1024 * 1024;

/**
 * The tenants of `file`, defaults filled in, frozen, in the order of the file; those that share an instance are left out, and instances are
 * in it. Reads the file and nothing else.
 *
 * Throws a {@link TenantsFileError} with every problem at once. A file that is missing, empty or unreadable is refused,
 * too: taken for "no tenants" it would remove everybody.
 */
export function loadTenants(file: string, added: readonly Entry[] = []): readonly Tenant[] {
  return loadList(file, added).servers;
}

/** Everything that `file` lists; errors as for {@link loadTenants}. */
export function loadList(file: string, added: readonly Entry[] = []): TenantList {
  return parseList(readText(file), file, added);
}

/**
 * The tenants of a file's `text`; `file` is its name in messages. Errors as for {@link loadTenants}.
 * @param added entries that are held against the same rules as if they stood at the end of the list.
 */
export function parseTenants(text: string, file: string, added: readonly Entry[] = []): readonly Tenant[] {
  return parseList(text, file, added).servers;
}

/** Everything that a file's `text` lists; errors as for {@link loadTenants}. */
export function parseList(text: string, file: string, added: readonly Entry[] = []): TenantList {
  refuseTooLarge(file, Buffer.byteLength(text));
  const yaml = readYaml(text.replace(/^\uFEFF/, ""));
  const checked = checkSchema(withAdded(yaml.data, added));
  const found = [...yaml.problems, ...checked.problems];
  const [firstError] = yaml.syntaxProblems;
  // Below an error of syntax the text may have been misread; and rules need the whole of it.
  const sound =
    firstError === undefined
      ? [...found, ...checkRules(checked.draft)]
      : found.filter(({ path, at }) => yaml.find(path, at).end < firstError.offset);
  const problems = [...yaml.syntaxProblems, ...independent<Problem | LocatedProblem>(sound)];
  if (problems.length > 0 || checked.file === undefined) {
    const issues = problems.map((problem) => issueOf(problem, yaml, checked.draft));
    throw new TenantsFileError(file, issues);
  }
  return withDefaults(checked.file, wholeSecondPlaces(checked.file.tenants));
}

function withAdded(data: unknown, added: readonly Entry[]): unknown {
  if (added.length === 0 || typeof data !== "object" || data === null || !("tenants" in data)) return data;
  return Array.isArray(data.tenants) ? { ...data, tenants: [...data.tenants, ...added] } : data;
}

function issueOf(problem: Problem | LocatedProblem, yaml: YamlText, { tenants, instances }: Draft) {
  const { path, at, advice } = problem;
  const spot = yaml.find(path, at);
  const offset = "offset" in problem ? problem.offset : spot.offset;
  return {
    ...yaml.position(offset),
    path: describePath(path, (index) => (path[0] === "instances" ? instances : tenants)[index]?.id),
    message: `got ${problem.got ?? spot.got}, expected ${advice}`,
  };
}

const READ_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: "no such file, expected the list of tenants; restore it (an empty one is not a way to remove tenants)",
  EACCES: "a file that may not be read, expected the list of tenants; give this user the right to read it",
  EISDIR: "a folder, expected a file with the list of tenants; give the path of the file",
};

function readText(file: string): string {
  try {
    const stats = statSync(file);
    if (stats.isDirectory()) refuse(file, READ_PROBLEMS["EISDIR"] ?? "");
    // Reading a pipe or a device could wait or go on for ever.
    if (!stats.isFile())
      refuse(file, "a pipe or a device, expected a file with the list of tenants; write it to a file");
    refuseTooLarge(file, stats.size);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof TenantsFileError || !(error instanceof Error)) throw error;
    const code = "code" in error ? String(error.code) : error.name;
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA")
      refuse(file, "text that is not UTF-8, expected UTF-8; save it as UTF-8");
    return refuse(
      file,
      READ_PROBLEMS[code] ?? `a file that cannot be read (${code}), expected the list of tenants; check the path`,
    );
  }
}

function refuseTooLarge(file: string, bytes: number): void {
  if (bytes <= MAX_BYTES) return;
  refuse(file, `${bytes} bytes, expected at most ${MAX_BYTES} (1 MB); move some of the tenants to a second stack`);
}

function refuse(file: string, gotAndAdvice: string): never {
  throw new TenantsFileError(file, [{ line: 1, column: 1, path: "", message: `got ${gotAndAdvice}` }]);
}
