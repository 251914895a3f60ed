import type { EngineInfo, InspectedContainer } from "./container.ts";

/** An item of the benchmark that can be told from `docker inspect`. */
export interface Check {
  /** The item's number in section 5 of the CIS Docker Benchmark 1.6, which docker-bench-security prints too. */
  readonly id: string;
  /** What a container should be. */
  readonly title: string;
  /** What was found instead; undefined where nothing is wrong, or the engine cannot have it. */
  readonly check: (container: InspectedContainer, engine: EngineInfo) => string | undefined;
}

/** An item that `docker inspect` says nothing about. */
export interface NotJudged {
  readonly id: string;
  readonly title: string;
  /** Why not, and what stands for it. */
  readonly notJudged: string;
}

/** `found` where `wrong`. */
export function foundIf(wrong: boolean, found: string): string | undefined {
  return wrong ? found : undefined;
}

/** The elements as one text; undefined where there are none. */
export function foundAny(elements: readonly string[]): string | undefined {
  return foundIf(elements.length > 0, elements.join(", "));
}

/** A mode that must not be the host's own. */
export function notHost(name: string, mode: string): string | undefined {
  return foundIf(mode === "host", `${name} is host`);
}
