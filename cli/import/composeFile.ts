import { parseEnv } from "node:util";
import { LineCounter, parseDocument, visit } from "yaml";
import * as z from "zod";
import { interpolate } from "./interpolate.ts";
import { type Problems, parseWith } from "./problems.ts";

/** A service of docker-compose.yml, as far as an import looks at it; variables are put in. */
export interface ComposeService {
  readonly name: string;
  /** The name of its container, where the file gives it one. */
  readonly containerName: string | undefined;
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly Published[];
}

/** A port that the host publishes for a container. */
interface Published {
  readonly host: number;
  readonly container: number;
}

const environment = z.union(
  [
    z.record(z.string(), z.string()),
    z.array(z.string()).transform((lines) => Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2)))),
  ],
  "expected a mapping, or a list of NAME=value",
);

/** `[address:]host:container[/tcp]`; ranges, and ports that the engine chooses, are nothing that clients are told. */
const shortPort = z.string().transform((text): Published[] => {
  const [, host, container] = /(?:^|:)(\d+):(\d+)(?:\/tcp)?$/.exec(text) ?? [];
  return host === undefined ? [] : [{ host: Number(host), container: Number(container) }];
});
const longPort = z
  .object({ target: z.coerce.number(), published: z.coerce.number() })
  .transform(({ target, published }): Published[] => [{ host: published, container: target }]);

const serviceSchema = z.object({
  container_name: z.string().optional(),
  image: z.string().default(""),
  environment: environment.default({}),
  ports: z.array(z.union([shortPort, longPort], "expected host:container")).default([]),
});
const projectSchema = z.object({ services: z.record(z.string(), serviceSchema) });

const file = "docker-compose.yml";

/** The services of a docker-compose.yml. @param env the text of the file `.env` beside it. @returns none where it cannot be read; then there are problems. */
export function readCompose(text: string, env: string, problems: Problems): readonly ComposeService[] {
  const lineCounter = new LineCounter();
  // Without types of its own, so that a password such as 0123 stays what is written.
  const document = parseDocument(text, { schema: "failsafe", merge: true, lineCounter });
  const [broken] = document.errors;
  if (broken !== undefined) {
    // The rest of the message shows the lines, which may hold a password.
    problems.add(file, `expected YAML: ${broken.message.split("\n")[0]}`);
    return [];
  }
  const variables = new Map(Object.entries(parseEnv(env)).map(([name, value = ""]) => [name, value]));
  visit(document, {
    Scalar: (key, node) => {
      if (key === "key" || typeof node.value !== "string") return;
      const result = interpolate(node.value, variables);
      if ("text" in result) node.value = result.text;
      else problems.add(`${file}:${lineCounter.linePos(node.range?.[0] ?? 0).line}`, result.problem);
    },
  });
  const project = parseWith(projectSchema, document.toJS(), file, problems);
  return Object.entries(project?.services ?? {}).map(([name, { container_name: containerName, ports, ...rest }]) => ({
    ...rest,
    name,
    containerName,
    ports: ports.flat(),
  }));
}
