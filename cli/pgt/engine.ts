import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as z from "zod";
import { lines } from "../../components/dockerCli.ts";
import { labelFilters } from "../../components/names.ts";
import { docker, labelOf } from "../engine.ts";
import { OperatorError, saidBy } from "../operatorError.ts";

/** A container of a stack. */
export interface StackContainer {
  readonly name: string;
  /** The engine's word: running, exited, restarting, created, paused, dead. */
  readonly state: string;
  /** The tenant that it is labelled with; undefined for the router. */
  readonly tenant: string | undefined;
}

/** A tenant's volume with this stack's labels. */
export interface StackVolume {
  readonly name: string;
  /** The tenant's first id. */
  readonly tenant: string;
}

const row = z.object({
  Name: z.string().optional(),
  Names: z.string().optional(),
  State: z.string().optional(),
  Labels: z.string(),
});
const volumeDetails = z.array(z.object({ Labels: z.record(z.string(), z.string()).nullable() }));

/** The stack's containers by name, running or not. @throws OperatorError when the engine does not answer. */
export function containersOf(stack: string): ReadonlyMap<string, StackContainer> {
  const found = rows("container", "ls", "--all", "--no-trunc", ...labelFilters(stack)).map(
    ({ Names = "", State = "", Labels }) => ({
      name: Names,
      state: State,
      tenant: tenantOf(Labels),
    }),
  );
  return new Map(found.map((container) => [container.name, container]));
}

/** The volumes of a stack's tenants; the router's is not among them. */
export function tenantVolumes(stack: string): readonly StackVolume[] {
  return rows("volume", "ls", ...labelFilters(stack)).flatMap(({ Name = "", Labels }) => {
    const tenant = tenantOf(Labels);
    return tenant === undefined ? [] : [{ name: Name, tenant }];
  });
}

/** A volume's labels; undefined where there is no such volume. */
export function volumeLabels(name: string): Readonly<Record<string, string>> | undefined {
  if (!docker("volume", "ls", "--quiet", "--filter", `name=${name}`).split("\n").includes(name)) return undefined;
  return volumeDetails.parse(JSON.parse(docker("volume", "inspect", name)))[0]?.Labels ?? {};
}

/** The names of the containers that use a volume, running or not. */
export function usersOf(volume: string): string[] {
  return lines(docker("ps", "--all", "--filter", `volume=${volume}`, "--format", "{{.Names}}"));
}

/** Runs a command of the Docker CLI beside others. @throws OperatorError with what it said, also when it takes longer than `milliseconds`. */
export function dockerAtOnce(milliseconds: number, ...args: readonly string[]): Promise<string> {
  return dockerReadingAtOnce("", milliseconds, args);
}

/** The same with something on standard input. */
export async function dockerReadingAtOnce(
  input: string,
  milliseconds: number,
  args: readonly string[],
): Promise<string> {
  try {
    const running = promisify(execFile)("docker", args, { timeout: milliseconds, maxBuffer: 2 ** 26 });
    // One that has ended does not read it, and says why by its exit code.
    running.child.stdin?.on("error", () => undefined).end(input);
    const { stdout } = await running;
    return stdout.trim();
  } catch (error) {
    throw new OperatorError(`docker ${args[0]}: ${saidBy(error).replace(/\s+/g, " ")}`, "pgt doctor says more");
  }
}

function rows(...args: readonly string[]) {
  return lines(docker(...args, "--format", "{{json .}}")).map((line) => row.parse(JSON.parse(line)));
}

function tenantOf(labels: string): string | undefined {
  return labelOf(labels, "dev.pgtenants.tenant");
}
