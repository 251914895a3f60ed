import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ConnectionPaths, renderPassFile, renderServiceFile } from "./connectionFiles.ts";
import { messageOf, OperatorError } from "./operatorError.ts";
import type { StackOutputs } from "./stackOutputs.ts";

/**
 * Writes the service and password files by which libpq reaches all tenants of a stack, into the state's folder, for this user alone.
 * @throws OperatorError when they cannot be written.
 */
export function writeConnectionFiles(
  stack: string,
  { connectionStrings, caCertificate }: StackOutputs,
): ConnectionPaths {
  const folder = join(stateFolder(), "connect", stack);
  const paths = {
    serviceFile: join(folder, "pg_service.conf"),
    passFile: join(folder, "pgpass"),
    caFile: join(folder, "ca.crt"),
  };
  const forms = Object.values(connectionStrings);
  const privateCa = typeof caCertificate === "string";
  const serviceFile = renderServiceFile(forms, paths, privateCa);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (privateCa) writeWhole(paths.caFile, caCertificate);
    writeWhole(paths.passFile, renderPassFile(forms));
    writeWhole(paths.serviceFile, serviceFile);
  } catch (error) {
    throw new OperatorError(`cannot write the connection files: ${messageOf(error)}`, `make ${folder} writable`);
  }
  return paths;
}

function stateFolder(): string {
  const folder = process.env["PGTENANTS_STATE"] ?? "";
  if (folder === "") throw new OperatorError("PGTENANTS_STATE is not set", "make shell, and run it again there");
  return folder;
}

/** libpq refuses a password file that others may read, and a client may read at any moment. */
function writeWhole(path: string, text: string): void {
  const part = `${path}.${process.pid}`;
  writeFileSync(part, text, { mode: 0o600 });
  chmodSync(part, 0o600);
  renameSync(part, path);
}
