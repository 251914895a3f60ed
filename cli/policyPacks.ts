import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OperatorError } from "./operatorError.ts";

/** Paths of policy packs, and of the file with the configuration of each, or no such files at all. The Automation API takes them as they are. */
export interface PolicyPacks {
  readonly policyPacks: string[];
  readonly policyPackConfigs: string[];
}

const ownPack = fileURLToPath(new URL("../policy", import.meta.url));

/** The CLI wants a configuration for every pack when there is one for any. */
const noConfiguration = join(ownPack, "noConfiguration.json");

/** A team's packs, in the project's folder, each in a folder of its own; beside them, as JSON, the configuration of packs by their folder's name. */
const teamFolder = "policy.d";

/** The name of our own pack in the name of its configuration. */
const ownName = "pgtenants";

/**
 * What every preview and deployment of a project is held against: our own pack, and those of its `policy.d`, in the order of their names.
 * @throws OperatorError for something in `policy.d` that is neither a pack nor the configuration of one: it would be a rule that does nothing.
 */
export function policyPacks(project: string): PolicyPacks {
  const folder = join(project, teamFolder);
  const entries = existsSync(folder) ? readdirSync(folder).sort() : [];
  const packs = entries.filter((entry) => existsSync(join(folder, entry, "PulumiPolicy.yaml")));
  const configs = [ownName, ...packs].map((pack) => `${pack}.json`);
  const stray = entries.find((entry) => !packs.includes(entry) && !configs.includes(entry));
  if (stray !== undefined) {
    throw new OperatorError(
      `${join(teamFolder, stray)}: got neither a folder with a PulumiPolicy.yaml nor one of ${configs.join(", ")}`,
      "put a policy pack there, name its configuration after its folder, or move it elsewhere: docs/policies.md",
    );
  }
  const configured = configs.some((config) => entries.includes(config));
  const configOf = (config: string) => (entries.includes(config) ? join(folder, config) : noConfiguration);
  return {
    policyPacks: [ownPack, ...packs.map((pack) => join(folder, pack))],
    policyPackConfigs: configured ? configs.map(configOf) : [],
  };
}

/** The same as flags of `pulumi preview` and `pulumi up`. */
export function policyFlags(project: string): string[] {
  const { policyPacks: packs, policyPackConfigs: configs } = policyPacks(project);
  return [...packs.map((pack) => `--policy-pack=${pack}`), ...configs.map((file) => `--policy-pack-config=${file}`)];
}
