import { OperatorError } from "./operatorError.ts";

/** Where the files of one stack are; absolute paths. */
export interface ConnectionPaths {
  readonly serviceFile: string;
  readonly passFile: string;
  readonly caFile: string;
}

/** One tenant's forms for libpq, as the stack's output `connectionStrings` gives them. */
export interface LibpqForms {
  /** A section for `pg_service.conf`. */
  readonly pgService: string;
  /** A line for `.pgpass`. */
  readonly pgpass: string;
}

/**
 * The service file of all tenants: each section finds its password in the password file, and a private CA in the file beside it.
 * @param privateCa whether clients need the private CA's certificate. @throws Error when a section cannot stand in the file, OperatorError when a path
 * cannot.
 */
export function renderServiceFile(forms: readonly LibpqForms[], paths: ConnectionPaths, privateCa: boolean): string {
  const own = { passfile: paths.passFile, ...(privateCa ? { sslrootcert: paths.caFile } : {}) };
  return forms.map(({ pgService }) => renderSection(pgService, own)).join("\n");
}

/** The password file of all tenants. */
export function renderPassFile(forms: readonly LibpqForms[]): string {
  return forms.map(({ pgpass }) => `${oneLine(pgpass)}\n`).join("");
}

function renderSection(section: string, own: Readonly<Record<string, string>>): string {
  const [header, ...lines] = section.trimEnd().split("\n");
  if (header === undefined || !/^\[[a-z0-9-]+\]$/.test(header)) {
    throw new Error(`pgService: got "${header}", expected a section that starts with the tenant's id in brackets`);
  }
  const kept = lines.filter((line) => !Object.keys(own).some((name) => line.startsWith(`${name}=`)));
  const added = Object.entries(own).map(([name, value]) => `${name}=${serviceValue(name, value)}`);
  return `${[header, ...kept, ...added].join("\n")}\n`;
}

/** libpq knows no quoting in a service file: it takes the rest of the line, without blanks at its ends. */
function serviceValue(name: string, value: string): string {
  if (value === value.trim() && !lineBreak.test(value)) return value;
  const message = `${name}: got "${value}", which a service file cannot hold`;
  throw new OperatorError(message, "set PGTENANTS_STATE to a path of one line, without blanks at its ends");
}

function oneLine(value: string): string {
  if (lineBreak.test(value)) throw new Error("got a value with a line break, expected one line");
  return value;
}

const lineBreak = /[\r\n\0]/;
