import type { Check, NotJudged } from "./check.ts";
import { confinement } from "./confinement.ts";
import { type ContainerKind, type EngineInfo, type InspectedContainer, kindOf } from "./container.ts";
import { exceptions } from "./exceptions.ts";
import { limits } from "./limits.ts";
import { network } from "./network.ts";

const notJudged: readonly NotJudged[] = [
  {
    id: "5.7",
    title: "runs no ssh server",
    notJudged: "inspect does not show processes; no image has one, and a test looks at the processes of each container",
  },
  {
    id: "5.23",
    title: "no privileged docker exec",
    notJudged: "inspect does not show how exec is used; nothing here calls it with --privileged",
  },
  {
    id: "5.24",
    title: "no docker exec as root",
    notJudged:
      "inspect does not show how exec is used; nothing here calls it as root: as the container's own user, or as the one who writes the router's files",
  },
];

/** Every item of section 5, in its order. */
export const benchmark: readonly (Check | NotJudged)[] = [...confinement, ...limits, ...network, ...notJudged].sort(
  (a, b) => number(a.id) - number(b.id),
);

function number(id: string): number {
  return Number(id.slice(id.indexOf(".") + 1));
}

/** Something in a container that the benchmark asks for otherwise. */
export interface Finding {
  /** The benchmark's item. */
  readonly id: string;
  readonly title: string;
  readonly container: string;
  readonly kind: ContainerKind;
  readonly found: string;
  /** Why it is meant to be; undefined for a finding that is none of the exceptions, so a fault. */
  readonly excepted: string | undefined;
}

/**
 * Judges containers by every item of the benchmark.
 * @param containers as `docker inspect` prints them, all of this project. @param engine as `docker info` prints it.
 */
export function judge(containers: readonly InspectedContainer[], engine: EngineInfo): Finding[] {
  return containers.flatMap((container) => {
    const kind = kindOf(container);
    return benchmark.flatMap((item): Finding[] => {
      const found = "check" in item ? item.check(container, engine) : undefined;
      if (found === undefined) return [];
      const excepted = exceptions.find((exception) => exception.id === item.id && exception.kind === kind)?.reason;
      return [{ id: item.id, title: item.title, container: container.Name.replace(/^\//, ""), kind, found, excepted }];
    });
  });
}
