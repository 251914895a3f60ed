import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

interface Parameterization {
  readonly name: string;
  readonly version: string;
  /** Base64. */
  readonly value: string;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly pulumi?: {
    readonly resource?: boolean;
    readonly name?: string;
    readonly version?: string;
    readonly server?: string;
    readonly parameterization?: Parameterization;
  };
}

export interface Package {
  readonly name: string;
  readonly version: string;
}

/** A plugin that the engine must have before the program runs. */
export interface Plugin extends Package {
  /** Where it is downloaded from, "" for Pulumi's own place. */
  readonly server: string;
  readonly parameterization: Parameterization | undefined;
}

/**
 * Plugins that the packages installed for the program in `folder` belong to: those whose package.json has
 * `"pulumi": {"resource": true}`, in the nearest node_modules up from the folder that has the Pulumi SDK. Name and version
 * come from that block, else from the package. Each plugin and version once, sorted.
 */
export function requiredPlugins(folder: string): Plugin[] {
  const plugins = new Map<string, Plugin>();
  for (const { name = "", version = "", pulumi } of installedManifests(folder)) {
    if (pulumi?.resource !== true) continue;
    const plugin: Plugin = {
      name: pulumi.name ?? name.replace(/^@pulumi\//, "").replace(/^@/, ""),
      version: pulumi.version ?? version,
      server: pulumi.server ?? "",
      parameterization: pulumi.parameterization,
    };
    plugins.set(`${plugin.name}@${plugin.version}`, plugin);
  }
  return [...plugins.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, plugin]) => plugin);
}

/** The program's dependencies as installed; with `transitive`, everything in its node_modules. */
export function programDependencies(folder: string, transitive: boolean): Package[] {
  const manifest = readManifest(folder);
  const direct = new Set(Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies }));
  return [...installedManifests(folder)].flatMap(({ name, version }) =>
    name !== undefined && version !== undefined && (transitive || direct.has(name)) ? [{ name, version }] : [],
  );
}

function* installedManifests(folder: string): Generator<Manifest> {
  for (let current = folder; ; current = dirname(current)) {
    const modules = join(current, "node_modules");
    if (existsSync(join(modules, "@pulumi/pulumi/package.json"))) {
      yield* manifestsBelow(modules, new Set());
      return;
    }
    if (dirname(current) === current) return;
  }
}

/** `seen` holds real paths: linked packages may lead back to a folder that was already read. */
function* manifestsBelow(modules: string, seen: Set<string>): Generator<Manifest> {
  const real = realpathSync(modules);
  if (seen.has(real)) return;
  seen.add(real);
  for (const entry of readdirSync(modules)) {
    if (entry.startsWith(".")) continue;
    const names = entry.startsWith("@") ? readdirSync(join(modules, entry)).map((name) => join(entry, name)) : [entry];
    for (const name of names) {
      const manifest = readManifest(join(modules, name));
      if (manifest !== undefined) yield manifest;
      const nested = join(modules, name, "node_modules");
      if (existsSync(nested)) yield* manifestsBelow(nested, seen);
    }
  }
}

function readManifest(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    return undefined; // A folder that is not a package, or a broken one, which is npm's to report.
  }
}
