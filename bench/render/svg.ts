import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

/** Draws a plot. The same specification gives the same text: no clock, no random numbers, no fonts of the machine. */
export async function svgOf(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
