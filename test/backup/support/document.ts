import { readFileSync } from "node:fs";

/** The shell commands of a document, in its order: of all blocks of type `sh` below the headings. */
export function commandsOf(file: URL, ...headings: readonly string[]): string {
  const sections = readFileSync(file, "utf8").split(/^## /m);
  return headings
    .map((heading) => {
      const section = sections.find((text) => text.startsWith(`${heading}\n`));
      const blocks = [...(section ?? "").matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
      if (blocks.length === 0) throw new Error(`${file.pathname} has no commands below "${heading}"`);
      return blocks.join("");
    })
    .join("");
}
