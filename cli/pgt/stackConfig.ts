import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { stackNames } from "../../components/names.ts";
import { messageOf, OperatorError } from "../operatorError.ts";
import { projectFolder } from "../pulumi.ts";

/** What pgt needs to know of a stack without asking Pulumi: its plain settings, as Pulumi.yaml and Pulumi.<stack>.yaml say. */
export interface StackConfig {
  /** The folder of Pulumi.yaml. */
  readonly folder: string;
  /** Pulumi.<stack>.yaml; absolute. */
  readonly file: string;
  /** The list of tenants; absolute. */
  readonly tenantsFile: string;
  /** The same as the settings have it, for messages. */
  readonly tenantsFileName: string;
  readonly names: ReturnType<typeof stackNames>;
  readonly domain: string;
  readonly port: number;
  /** Of the state's secrets, where it is not the backend's default. */
  readonly secretsProvider: string | undefined;
  /** A setting as text; undefined where it is not set or secret. */
  readonly get: (setting: string) => string | undefined;
}

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const projectFile = z.object({ name: z.string(), config: z.record(z.string(), z.unknown()).optional() });
const withDefault = z.object({ default: scalar });
const stackFile = z
  .object({ config: z.record(z.string(), z.unknown()).nullish(), secretsprovider: z.string().optional() })
  .nullable();

/** @throws OperatorError when the stack has no settings in the project, or they cannot be read. */
export function readStackConfig(stack: string): StackConfig {
  const folder = projectFolder();
  const names = namesOf(stack);
  const project = read(join(folder, "Pulumi.yaml"), projectFile, "run pgt of a whole checkout");
  const file = join(folder, `Pulumi.${stack}.yaml`);
  const missing = `take a stack that has settings here (--stack), or make it: pulumi stack init ${stack}`;
  const settings = read(file, stackFile, missing);
  const given = settings?.config ?? {};
  const get = (setting: string): string | undefined => {
    const value = scalar.safeParse(given[`${project.name}:${setting}`] ?? given[setting]);
    if (value.success) return String(value.data);
    const preset = withDefault.safeParse(project.config?.[setting]);
    return preset.success ? String(preset.data.default) : undefined;
  };
  const tenantsFileName = get("tenantsFile") ?? "tenants/tenants.yaml";
  return {
    folder,
    file,
    tenantsFile: resolve(folder, tenantsFileName),
    tenantsFileName,
    names,
    domain: required(get("domain"), "domain"),
    port: Number(get("port") ?? 5432),
    secretsProvider: settings?.secretsprovider,
    get,
  };
}

function namesOf(stack: string): ReturnType<typeof stackNames> {
  try {
    return stackNames(stack);
  } catch (error) {
    throw new OperatorError(messageOf(error), "--stack dev, or PGTENANTS_STACK");
  }
}

function required(value: string | undefined, setting: string): string {
  if (value !== undefined) return value;
  throw new OperatorError(`the stack has no ${setting}`, `pulumi config set ${setting} <value>`);
}

function read<T>(file: string, schema: z.ZodType<T>, fix: string): T {
  try {
    return schema.parse(parse(readFileSync(file, "utf8")));
  } catch (error) {
    const reason =
      error instanceof Error && "code" in error && error.code === "ENOENT" ? "not there" : messageOf(error);
    throw new OperatorError(`${file}: ${reason}`, fix);
  }
}
