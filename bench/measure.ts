import { loadavg } from "node:os";
import type { Bench } from "./bench.ts";
import type { SectionName } from "./results.ts";
import type { Scope } from "./scope.ts";
import { climb } from "./sections/climb.ts";
import { reconnect } from "./sections/reconnect.ts";
import { reload } from "./sections/reload.ts";
import { stress } from "./sections/stress.ts";
import { throughput } from "./sections/throughput.ts";
import { discard, discardAll } from "./support/benchStack.ts";
import { cutAll, outputOf } from "./support/execute.ts";
import { describeMachine } from "./support/machine.ts";
import { makePair, type Pair } from "./support/pair.ts";
import { recordTo } from "./support/recorder.ts";

/** What is measured on a stack that grows step by step, all in one climb. */
const climbing: readonly SectionName[] = ["goLive", "deployments", "density"];

const onPair: readonly (readonly [SectionName, (bench: Bench) => Promise<void>])[] = [
  ["throughput", throughput],
  ["reconnect", reconnect],
  ["reload", reload],
  ["stress", stress],
];

/** Measures the given sections and leaves the results in a file. One that fails is noted, and the others go on. */
export async function measure(
  sections: readonly SectionName[],
  scope: Scope,
  file: string,
  quick: boolean,
): Promise<void> {
  const begun = performance.now();
  const peersImage = await outputOf("bench/setup.sh", [], { limit: 900 });
  const recorder = recordTo(file, {
    machine: await describeMachine(peersImage),
    run: {
      commit: await outputOf("git", ["describe", "--always", "--dirty"]),
      begun: new Date().toISOString(),
      quick,
      loadBefore: loadavg()[0] ?? Number.NaN,
      missing: [],
    },
  });
  const elapsed = () => (performance.now() - begun) / 1000;
  const say = (line: string) => console.log(`${elapsed().toFixed(0).padStart(5)} s  ${line}`);
  let pair: Promise<Pair> | undefined;
  let cut = false;
  const bench: Bench = {
    ...recorder,
    scope,
    say,
    peersImage,
    miss: (section, reason) => {
      // Nothing can be measured any more, which says nothing about the section.
      if (cut) return;
      say(`${section}: not measured: ${reason}`);
      recorder.results.run.missing.push({ section, reason });
      recorder.save();
    },
    secondsLeft: () => scope.minutes * 60 - elapsed(),
    pair: () => {
      pair ??= makePair(scope, peersImage);
      return pair;
    },
  };
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      say(`${signal}: ending what runs, and removing what was made; the results so far are in ${file}`);
      cut = true;
      cutAll()
        .then(discardAll)
        .finally(() => process.exit(130));
    });
  }
  try {
    for (const [section, run] of onPair)
      if (sections.includes(section)) await attempt(bench, section, () => run(bench));
  } finally {
    if (pair !== undefined)
      await pair.then(
        ({ at }) => discard(at),
        () => undefined,
      );
  }
  const [first] = sections.filter((section) => climbing.includes(section));
  if (first !== undefined) await attempt(bench, first, () => climb(bench, new Set(sections)));
  recorder.results.run.ended = elapsed();
  recorder.save();
}

async function attempt({ say, miss }: Bench, section: SectionName, run: () => Promise<void>): Promise<void> {
  say(`${section}:`);
  try {
    await run();
  } catch (error) {
    miss(section, error instanceof Error ? error.message : String(error));
  }
}
