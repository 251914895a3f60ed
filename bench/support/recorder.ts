import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Results } from "../results.ts";

/** Keeps the results in a file, written anew after each figure, so that a run that was cut has lost none. */
export interface Recorder {
  readonly results: Results;
  readonly save: () => void;
}

/** A recorder of a new run. */
export function recordTo(file: string, results: Results): Recorder {
  mkdirSync(dirname(file), { recursive: true });
  const save = () => {
    writeFileSync(`${file}.new`, `${JSON.stringify(results, null, 1)}\n`);
    renameSync(`${file}.new`, file);
  };
  save();
  return { results, save };
}

/** The results of an earlier run. */
export function readResults(file: string): Results {
  return JSON.parse(readFileSync(file, "utf8"));
}
