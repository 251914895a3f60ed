import { volumeFolder } from "../../../components/staticConfig.ts";
import { outputOf } from "../../e2e/support/shell.ts";
import type { TestStack } from "../../e2e/support/testStack.ts";

/** Where the router reads its routes. */
const routes = `${volumeFolder}/routes/dynamic.yml`;

/** A file of the router's volume, as text. */
export const readRoutes = (at: TestStack) => outputOf("docker", ["exec", at.router, "cat", routes]);

/** The arguments of the Docker CLI for a program in the router's container that may change its files, as a deployment writes them. */
export function asWriter(at: TestStack, ...program: readonly string[]): string[] {
  return ["exec", "--interactive", "--user=65531:65532", at.router, ...program];
}

/** Puts another text where the router reads its routes, in one piece. */
export async function spoilRoutes(at: TestStack, text: string): Promise<void> {
  const write = `umask 027 && cat >${routes}.spoilt && mv ${routes}.spoilt ${routes}`;
  await outputOf("docker", asWriter(at, "sh", "-c", write), text);
}

/** Lets a deployment write the routes again that it takes for written. */
export const writeRoutesAgain = (at: TestStack) => at.stack.up({ replace: ["**::traefik-routes"] });
