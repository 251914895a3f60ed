import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { messageOf, OperatorError } from "../operatorError.ts";

/** @throws OperatorError when the file cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new OperatorError(
      `${file} cannot be read: ${messageOf(error)}`,
      "restore it, or correct the setting tenantsFile",
    );
  }
}

/** Writes a file whole or not at all: whoever reads it meanwhile reads the old text or the new one. Its mode stays. */
export function writeText(file: string, text: string): void {
  const target = realpathSync(file);
  const part = `${target}.${process.pid}`;
  try {
    const handle = openSync(part, "w", statSync(target).mode);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    throw new OperatorError(
      `${file} cannot be written: ${messageOf(error)}`,
      "make it and its folder writable; nothing was changed",
    );
  }
}
