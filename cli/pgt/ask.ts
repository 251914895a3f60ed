import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { OperatorError } from "../operatorError.ts";

/**
 * Asks for a word to be typed before something that cannot be undone, on standard error, so that output can go elsewhere.
 * @param without the option that stands for the answer, where nobody can be asked. @throws OperatorError for any other answer, or none.
 */
export async function expectTyped(question: string, word: string, without: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<undefined>((resolve) => terminal.once("close", () => resolve(undefined)));
  try {
    const answer = await Promise.race([terminal.question(`${question}\nType ${word} to go on: `), closed]);
    if (answer?.trim() === word) return;
    const got = answer === undefined ? "no answer" : `"${answer.trim()}"`;
    throw new OperatorError(`got ${got}, expected ${word}; nothing was changed`, `type ${word}, or say ${without}`);
  } finally {
    terminal.close();
  }
}

/**
 * A password: typed twice without being shown, or the whole of standard input where that is no terminal, without the line break at its end.
 * @throws OperatorError when there is none, or the two differ.
 */
export async function readPassword(): Promise<string> {
  const password = process.stdin.isTTY
    ? await typed("Password: ").then(async (first) => ((await typed("Once more: ")) === first ? first : undefined))
    : (await text(process.stdin)).replace(/\r?\n$/, "");
  if (password === undefined)
    throw new OperatorError("got two different passwords; nothing was changed", "type it again");
  if (password !== "") return password;
  throw new OperatorError(
    "got an empty password",
    "type it, or give it on standard input: pgt create acme --password < file",
  );
}

/** The password of somebody else's server, in the same ways but typed once; empty where it asks for none. */
export async function readSourcePassword(): Promise<string> {
  return process.stdin.isTTY
    ? typed("Password of the source, or nothing: ")
    : (await text(process.stdin)).replace(/\r?\n$/, "");
}

const enter = ["\r", "\n", "\u0004"];
const erase = ["\u007f", "\b"];
const interrupt = "\u0003";

function typed(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true).setEncoding("utf8").resume();
  return new Promise((resolve, reject) => {
    let line = "";
    const end = (settle: () => void) => {
      stdin.off("data", take).setRawMode(false).pause();
      stderr.write("\n");
      settle();
    };
    const take = (keys: string) => {
      for (const key of keys) {
        if (key === interrupt)
          return end(() => reject(new OperatorError("interrupted; nothing was changed", "run it again")));
        if (enter.includes(key)) return end(() => resolve(line));
        line = erase.includes(key) ? line.slice(0, -1) : line + key;
      }
    };
    stdin.on("data", take);
  });
}
