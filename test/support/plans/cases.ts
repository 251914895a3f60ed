/** A pull request: what it makes of the list, and of the stack's settings. */
export interface PlanCase {
  /** Names fixture and golden file. */
  readonly name: string;
  /** The whole of tenants.yaml. @param today as a confirmation has it. */
  readonly file: (today: string) => string;
  /** Settings that it changes. */
  readonly config?: Readonly<Record<string, string>>;
}

/** The list that is deployed, before each pull request. */
const baseEntries = ["id: acme", "{ id: globex, maxConnections: 60 }", "id: hooli", "id: initech"] as const;
const [acme, globex, hooli, initech] = baseEntries;

const listOf = (...entries: readonly string[]) => `tenants:\n${entries.map((entry) => `  - ${entry}\n`).join("")}`;

const entries = (name: string, ...list: readonly string[]): PlanCase => ({ name, file: () => listOf(...list) });

export const baseFile = listOf(...baseEntries);

/** The pull requests whose previews are recorded, see record.ts. */
export const planCases: readonly PlanCase[] = [
  entries("add", ...baseEntries, "id: umbrella"),
  {
    name: "remove",
    file: (today) => listOf(acme, globex, `{ id: hooli, state: removed, confirm: hooli ${today} }`, initech),
  },
  entries("rename", acme, globex, "{ id: hooli-eu, renamedFrom: hooli }", initech),
  entries("resize-up", "{ id: acme, memory: 512 MB, disk: 20 GB }", globex, hooli, initech),
  entries("resize-down", "{ id: acme, memory: 128 MB, maxConnections: 20 }", globex, hooli, initech),
  entries("disable-access", acme, "{ id: globex, maxConnections: 60, access: { enabled: false } }", hooli, initech),
  entries("rotate", "{ id: acme, passwordVersion: 2 }", globex, hooli, initech),
  // There is no such field: a major version needs pg_upgrade.
  entries("major-version", "{ id: acme, postgresVersion: 19 }", globex, hooli, initech),
  { name: "image", file: () => baseFile, config: { postgresImage: "registry.example.com/postgres:18.7" } },
  { name: "defaults", file: () => `plans: { small: { memory: 384 MB, sharedBuffers: 24 MB } }\n${baseFile}` },
  entries(
    "two-at-once",
    "{ id: acme, memory: 384 MB, statementTimeout: 30 s }",
    "{ id: globex, maxConnections: 60, state: stopped }",
    hooli,
    initech,
  ),
  entries("broken", acme, "{ id: globex, memory: 5GB }", "{ id: Hooli }", "{ id: initech, acces: { enabled: false } }"),
  entries("nothing", "id: initech # last in, first out", hooli, globex, acme),
];

/** A case by its name. */
export function planCase(name: string): PlanCase {
  const found = planCases.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}
