import { existsSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { parseSourceUrl } from "../../../components/sourceUrl.ts";
import { addTenant } from "../../../tenants/edit.ts";
import { messageOf, OperatorError } from "../../operatorError.ts";
import { readSourcePassword } from "../ask.ts";
import { applyChange } from "../change.ts";
import type { Context } from "../context.ts";
import { setImportUrl } from "../passwords.ts";
import { type CreateOptions, entryOf } from "./create.ts";

/** What `pgt import <id>` takes. */
export interface ImportOptions extends Pick<CreateOptions, "plan" | "database" | "user"> {
  readonly from: string;
}

/**
 * Makes a new tenant that begins with another server's database, or with a dump. A URL's password is asked for, or read from standard input.
 * @throws OperatorError for a password on the command line, and for a path with nothing there.
 */
export async function importTenant(context: Context, id: string, { from, ...options }: ImportOptions): Promise<void> {
  const url = /^[a-z]+:\/\//i.test(from) ? await withPassword(from) : undefined;
  const source = url === undefined ? pathFor(context.config.folder, from) : "url";
  await applyChange(context, {
    command: `pgt import ${id}`,
    edit: (text) => addTenant(text, { ...entryOf(id, options), from: { import: source } }),
    ...(url === undefined ? {} : { configure: () => setImportUrl(context, id, url) }),
  });
  if (!context.deploy) return;
  const rest = url === undefined ? "" : `; the URL is no longer needed: pulumi config rm --path 'imports["${id}"]'`;
  context.report({ event: "note", message: `${id} holds what was imported; look: pgt psql ${id}${rest}` });
}

async function withPassword(text: string): Promise<string> {
  try {
    parseSourceUrl(text);
  } catch (error) {
    throw new OperatorError(messageOf(error), "mend the URL; a private CA goes behind it as ?sslrootcert=<file>");
  }
  const url = new URL(text);
  if (url.password !== "") {
    throw new OperatorError(
      "got a password on the command line, where every process of this machine and the shell's history can read it",
      `take it out of the URL, and type it, or give it on standard input: pgt import acme --from ${hidden(url)} < file`,
    );
  }
  const password = await readSourcePassword();
  // Its setter leaves some characters alone that have a meaning in a URL.
  return password === "" ? text : text.replace(/:?@/, () => `:${encodeURIComponent(password)}@`);
}

function hidden(url: URL): string {
  const shown = new URL(url);
  shown.password = "";
  return shown.href;
}

/** A path as tenants.yaml has it: from the project's folder on where it is below that. */
export function pathFor(folder: string, path: string): string {
  if (!existsSync(path)) throw new OperatorError(`${path} is not there`, "the path of a file or folder, or a URL");
  const inside = relative(folder, resolve(path));
  return inside.startsWith("..") || isAbsolute(inside) ? resolve(path) : `./${inside}`;
}
