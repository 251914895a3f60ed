import { volumeFolder } from "../../../components/staticConfig.ts";
import { inspect } from "../../e2e/support/engine.ts";
import { outputOf } from "../../e2e/support/shell.ts";
import type { TestStack } from "../../e2e/support/testStack.ts";

/** Where the router reads its routes. */
const routes = `${volumeFolder}/routes/dynamic.yml`;

/** A file of the router's volume, as text. */
export const readRoutes = (at: TestStack) => outputOf("docker", ["exec", at.router, "cat", routes]);

/** The arguments of `docker run` for a program of the router's image on the router's files, in a container of its own, as a deployment does it. */
export async function onRouterFiles(at: TestStack, entrypoint: string, ...args: readonly string[]): Promise<string[]> {
  const image = await inspect(at.router, "{{.Config.Image}}");
  const labels = ["--label", "dev.pgtenants.project=pgtenants", "--label", `dev.pgtenants.stack=${at.name}`];
  const mount = ["--mount", `type=volume,source=${at.router},target=${volumeFolder}`];
  return ["--rm", "--interactive", "--network=none", ...labels, ...mount, "--entrypoint", entrypoint, image, ...args];
}

/** Puts another text where the router reads its routes, in one piece. */
export async function spoilRoutes(at: TestStack, text: string): Promise<void> {
  const write = `cat >${routes}.spoilt && mv ${routes}.spoilt ${routes}`;
  await outputOf("docker", ["run", ...(await onRouterFiles(at, "sh", "-c", write))], text);
}

/** Lets a deployment write the routes again that it takes for written. */
export const writeRoutesAgain = (at: TestStack) => at.stack.up({ replace: ["**::traefik-routes"] });
