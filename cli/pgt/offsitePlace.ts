import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod";
import { type OffsitePlace, parseOffsite } from "../../components/offsiteSettings.ts";
import { messageOf, OperatorError } from "../operatorError.ts";
import type { StackConfig } from "./stackConfig.ts";

const settings = z.object({ config: z.record(z.string(), z.unknown()).nullish() }).nullable();

type File = Pick<StackConfig, "file">;

/** The store that the stack's settings name. @throws OperatorError where there is none, or the setting is wrong. */
export function offsitePlace({ file }: File): OffsitePlace {
  const found = offsiteSetting({ file });
  if (found === undefined) {
    throw new OperatorError(
      `${file}: there is no setting offsite, so backups are copied nowhere`,
      "pulumi config set --path offsite.type s3; docs/off-site.md says the rest",
    );
  }
  try {
    return parseOffsite(typeof found === "string" ? JSON.parse(found) : found);
  } catch (error) {
    throw new OperatorError(messageOf(error), "correct that setting");
  }
}

/** Whether backups are to be copied elsewhere. */
export function isCopied(config: File): boolean {
  return offsiteSetting(config) !== undefined;
}

function offsiteSetting({ file }: File): unknown {
  const config = settings.parse(parse(readFileSync(file, "utf8")))?.config ?? {};
  return Object.entries(config).find(([key]) => key.replace(/^[^:]*:/, "") === "offsite")?.[1];
}
