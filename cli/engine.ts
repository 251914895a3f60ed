import { execFileSync } from "node:child_process";
import { lines } from "../components/dockerCli.ts";
import { labelFilters } from "../components/names.ts";
import { resourceTypes, type StackState } from "../components/stackState.ts";
import { type EngineObject, foreign, stateName } from "./leftovers.ts";
import { OperatorError, saidBy } from "./operatorError.ts";

/** Runs the Docker CLI and gives what it printed. @throws OperatorError with what it said when it fails. */
export function docker(...args: readonly string[]): string {
  return dockerReading("", args);
}

/** The same with something on standard input, where secrets go. @param fix what the operator is told to do when it fails. */
export function dockerReading(
  input: string,
  args: readonly string[],
  fix = "docker info must answer for this user",
): string {
  try {
    return execFileSync("docker", args, { encoding: "utf8", maxBuffer: 2 ** 30, input, stdio: "pipe" }).trim();
  } catch (error) {
    throw new OperatorError(`docker ${args[0]}: ${saidBy(error)}`, fix);
  }
}

/** The containers or networks with the stack's labels, running or not. */
export function listed(kind: "container" | "network", stack: string): EngineObject[] {
  const all = kind === "container" ? ["--all"] : [];
  return lines(docker(kind, "ls", "--no-trunc", ...all, ...labelFilters(stack), "--format", "{{json .}}"))
    .map((line): Row => JSON.parse(line))
    .map(({ ID, Name, Names, State, Labels }) => ({
      id: ID,
      name: Names ?? Name ?? ID,
      running: (State ?? "running") === "running",
      state: labelOf(Labels ?? "", "dev.pgtenants.state") ?? "",
    }));
}

/** What has the stack's labels, and another state than this one made: see {@link foreign}. */
export function madeByOthers(stack: string, { resources, pending }: StackState): string[] {
  const known = [...resources, ...pending].filter(({ type }) => type === resourceTypes.volume);
  const volumes = known.map(({ inputs }) => String(inputs?.["name"]));
  return foreign(stateName(resources), listed("container", stack), volumesOf(stack), volumes);
}

/** The names of the volumes with the stack's labels. */
function volumesOf(stack: string): string[] {
  return lines(docker("volume", "ls", "--quiet", ...labelFilters(stack)));
}

/** A row of `docker … ls`, as far as this looks at it; networks have no state, and containers call their name Names. */
interface Row {
  readonly ID: string;
  readonly Name?: string;
  readonly Names?: string;
  readonly State?: string;
  readonly Labels?: string;
}

/** One of our labels, none of which holds a comma, out of the list that Docker prints. */
export function labelOf(labels: string, name: string): string | undefined {
  return labels
    .split(",")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}
