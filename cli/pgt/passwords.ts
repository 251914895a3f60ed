import { pulumi, pulumiReading } from "../pulumi.ts";
import type { Context } from "./context.ts";

/** Sets the password of a tenant with `password: custom`, encrypted, in the stack's settings. It goes by standard input. */
export function setPassword(context: Context, id: string, password: string): void {
  pulumiReading(password, ...config(context, "set"), "--secret", "--path", pathOf(id));
}

/** Sets the URL of a server that a new tenant begins with, encrypted, in the stack's settings. It goes by standard input. */
export function setImportUrl(context: Context, id: string, url: string): void {
  pulumiReading(url, ...config(context, "set"), "--secret", "--path", `imports["${id}"]`);
}

/** Gives a renamed tenant's password its new name. */
export function movePassword(context: Context, id: string, newId: string): void {
  const password = pulumi(...config(context, "get"), "--path", pathOf(id)).replace(/\n$/, "");
  setPassword(context, newId, password);
  removePassword(context, id);
}

/** Takes a tenant's password out of the settings. */
export function removePassword(context: Context, id: string): void {
  pulumi(...config(context, "rm"), "--path", pathOf(id));
}

function config({ config: { folder }, stack }: Context, verb: string): string[] {
  return ["--cwd", folder, "--non-interactive", "config", verb, "--stack", stack];
}

/** In brackets and quotes: a dash would do without, whatever else an id may hold one day. */
function pathOf(id: string): string {
  return `passwords["${id}"]`;
}
