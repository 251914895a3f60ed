import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkCertificate } from "../../components/certificate.ts";
import { messageOf, OperatorError } from "../operatorError.ts";
import { type PgsSetup, readPgs } from "./readPgs.ts";

/** The certificate and key of pgs's router. */
export interface TlsPair {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** What a pgs folder says. @param folder absolute. @throws OperatorError with everything that is wrong with it. */
export function readFolder(folder: string): PgsSetup {
  const text = (name: string) => (existsSync(join(folder, name)) ? read(join(folder, name)) : undefined);
  const compose = text("docker-compose.yml");
  if (compose === undefined)
    throw new OperatorError(
      `${folder}: got no docker-compose.yml, expected the folder that pgs setup made`,
      "pgt import pgs ~/.sysnee-config",
    );
  const texts = { compose, env: text(".env"), dynamic: text("dynamic.yml"), access: text("tenant-access.json") };
  const setup = readPgs(texts);
  if (!("problems" in setup)) return setup;
  throw new OperatorError(
    `${folder} cannot be imported:\n${setup.problems.join("\n")}`,
    "mend the lines above; nothing was changed",
  );
}

/** The certificate of pgs, which covers its hosts. @throws OperatorError where the router would refuse it later, when pgs is stopped. */
export function readTls(folder: string, domain: string | undefined): TlsPair {
  const certificateFile = join(folder, "certs/fullchain.pem");
  const keyFile = join(folder, "certs/privkey.pem");
  if (domain === undefined) return { certificateFile, keyFile };
  const [chain, key] = [read(certificateFile), read(keyFile)];
  try {
    const names = { certificate: certificateFile, key: keyFile };
    const { outdated } = checkCertificate(chain, key, `*.${domain}`, new Date(), names);
    if (outdated !== undefined) throw new Error(outdated);
    return { certificateFile, keyFile };
  } catch (error) {
    throw new OperatorError(messageOf(error), "renew it where pgs has it, and import again; nothing was changed");
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: ${messageOf(error)}`, "make it readable for this user");
  }
}
