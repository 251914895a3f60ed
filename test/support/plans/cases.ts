/** A pull request: what it makes of the list, and of the stack's settings. */
export interface PlanCase {
  /** Names fixture and golden file. */
  readonly name: string;
  /** The whole of tenants.yaml. @param today as a confirmation has it. */
  readonly file: (today: string) => string;
  /** Settings that it changes. */
  readonly config?: Readonly<Record<string, string>>;
  /** The list that is deployed before it, where that is not the one of most. */
  readonly base?: string;
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

/** The list with an instance, deployed before each pull request that is about one. */
const sharing = {
  acme: "id: acme",
  globex: "{ id: globex, isolation: database, instance: shared-1 }",
  hooli: "{ id: hooli, isolation: schema, instance: shared-1 }",
  initech: "{ id: initech, isolation: database, instance: shared-1, pooler: { size: 10 } }",
} as const;

const instance = "memory: 512 MB, maxConnections: 100, sharedBuffers: 32 MB";
const sharingList = (changed: Partial<Record<string, string>>, of = instance) =>
  `instances:\n  - { id: shared-1, ${of} }\n${listOf(...Object.values({ ...sharing, ...changed }).filter((entry) => entry !== undefined))}`;
const withMore = (entry: string, more: string) => entry.replace(/ }$/, `, ${more} }`);

export const sharingFile = sharingList({});
const onInstance = (name: string, file: PlanCase["file"]): PlanCase => ({ name, file, base: sharingFile });

/** Those that are about tenants on an instance. */
export const sharingCases: readonly PlanCase[] = [
  onInstance("shared-limits", () =>
    sharingList({
      globex: withMore(sharing.globex, "maxConnections: 60, statementTimeout: 30 s, passwordVersion: 2"),
      hooli: withMore(sharing.hooli, "idleInTransactionTimeout: none"),
      initech: sharing.initech.replace("size: 10", "mode: session, size: 5"),
    }),
  ),
  onInstance("shared-names", () =>
    sharingList({
      globex: withMore(sharing.globex, "database: orders"),
      hooli: withMore(sharing.hooli, "user: hooli_app"),
      initech: sharing.initech.replace("id: initech", "id: initech-eu, renamedFrom: initech"),
    }),
  ),
  onInstance("shared-access", () =>
    sharingList({
      globex: withMore(sharing.globex, "access: { enabled: false }"),
      hooli: withMore(sharing.hooli, "access: { allow: [203.0.113.0/24] }"),
      initech: withMore(sharing.initech, "access: { maxConnectionsPerIp: 7 }"),
    }),
  ),
  onInstance("shared-life", (today) =>
    sharingList({
      globex: withMore(sharing.globex, "state: stopped"),
      hooli: withMore(sharing.hooli, `state: removed, confirm: hooli ${today}`),
      umbrella: "{ id: umbrella, isolation: schema, instance: shared-1 }",
    }),
  ),
  onInstance("shared-instance", () => sharingList({}, instance.replace("32 MB", "64 MB").replace("512 MB", "1 GB"))),
  onInstance("shared-place", () =>
    sharingList({ acme: "{ id: acme, isolation: database, instance: shared-1 }", globex: "id: globex" }),
  ),
  onInstance("shared-move", () =>
    sharingList({
      acme: "{ id: acme, movingTo: { isolation: database, instance: shared-1 } }",
      globex: withMore(sharing.globex, "movingTo: { isolation: dedicated }"),
    }),
  ),
];

/** The list that is deployed before a pull request. */
export function baseOf({ base = baseFile }: PlanCase): string {
  return base;
}

/** A case by its name. */
export function planCase(name: string): PlanCase {
  const found = [...planCases, ...sharingCases].find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}
