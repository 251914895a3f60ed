import { styleText } from "node:util";
import { type Paint, type PgtEvent, renderEvent } from "./events.ts";
import { readStackConfig, type StackConfig } from "./stackConfig.ts";

/** The options that every command knows. */
export interface GlobalOptions {
  readonly stack: string;
  /** Answers what is asked; not enough by itself where data is deleted. */
  readonly yes?: boolean;
  readonly json?: boolean;
  /** False with --no-color. */
  readonly color: boolean;
  /** False with --no-deploy: the file is edited and nothing else. */
  readonly deploy: boolean;
}

/** What a command works with. */
export interface Context {
  readonly stack: string;
  readonly yes: boolean;
  readonly json: boolean;
  readonly deploy: boolean;
  readonly config: StackConfig;
  readonly paint: Paint;
  /** Tells something while the command works. */
  readonly report: (event: PgtEvent) => void;
  /** The answer of a query: text for people, one document with --json. */
  readonly answer: (text: string, document: unknown) => void;
}

/** @throws OperatorError when there is no such stack in the project. */
export function makeContext({ stack, yes = false, json = false, color, deploy }: GlobalOptions): Context {
  const paint = painter(color, process.stdout);
  return {
    stack,
    yes,
    json,
    deploy,
    config: readStackConfig(stack),
    paint,
    report: (event) => process.stdout.write(`${json ? JSON.stringify(event) : renderEvent(event, paint)}\n`),
    answer: (text, document) => process.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : text),
  };
}

/** Colours for a terminal that takes them, unless told otherwise (https://no-color.org). */
export function painter(wanted: boolean, stream: NodeJS.WriteStream): Paint {
  const none = process.env["NO_COLOR"] ?? "";
  const coloured = wanted && none === "" && stream.isTTY && process.env["TERM"] !== "dumb";
  return coloured ? (colour, text) => styleText(colour, text, { validateStream: false }) : (_, text) => text;
}
