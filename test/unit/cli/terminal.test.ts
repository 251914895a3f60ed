import { afterEach, expect, test, vi } from "vitest";
import { atTerminal } from "../../../cli/pgt/terminal.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each<[boolean | undefined, boolean | undefined, boolean]>([
  [true, true, true],
  [true, undefined, false],
  [undefined, true, false],
  [undefined, undefined, false],
])("typed at a terminal %s, read at one %s: a terminal for a program %s", (typed, read, expected) => {
  vi.stubGlobal("process", { stdin: { isTTY: typed }, stdout: { isTTY: read } });
  expect(atTerminal()).toBe(expected);
});
