import * as z from "zod";

/** Where the copies go. */
export type Store =
  | {
      readonly type: "s3";
      /** URL of the service; undefined for Amazon's own. */
      readonly endpoint?: string | undefined;
      readonly region?: string | undefined;
      readonly bucket: string;
    }
  | {
      readonly type: "sftp";
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly path: string;
      /** Lines of a `known_hosts` file: only a server with one of these keys is trusted. */
      readonly knownHosts: string;
    }
  | {
      readonly type: "path";
      /** A folder of the Docker host that uid 999 may write, such as a mounted network drive. */
      readonly path: string;
    };

/** How to log in there; `none` for a path. Secret. */
export type Credentials =
  | { readonly type: "s3"; readonly accessKeyId: string; readonly secretAccessKey: string }
  | { readonly type: "sftp"; readonly privateKey: string }
  | { readonly type: "none" };

/** The setting `offsite`. */
export interface OffsitePlace {
  readonly store: Store;
  /** The folder in the store; undefined for one of the stack's name. */
  readonly prefix: string | undefined;
  /** How often it is looked for what is new, in seconds. */
  readonly intervalSeconds: number;
}

// rclone's file knows quotes, references and comments: none of these can be written with what is left.
const folder = /^\/?(?!\.)[A-Za-z0-9._-]+(?:\/(?!\.)[A-Za-z0-9._-]+)*$/;
const common = {
  prefix: text(folder, "a folder such as backups/prod").optional(),
  intervalSeconds: wholeNumber(10, 3600).default(60),
};
const schemas = {
  s3: z.strictObject({
    type: z.literal("s3"),
    endpoint: text(/^https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?\/?$/, "a URL such as https://s3.example.com").optional(),
    region: text(/^[a-z0-9-]+$/, "a region such as eu-central-1").optional(),
    bucket: text(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "a bucket's name, such as my-backups"),
    ...common,
  }),
  sftp: z.strictObject({
    type: z.literal("sftp"),
    host: text(/^[A-Za-z0-9.-]+$/, "a host name or an IPv4 address, such as backup.example.com"),
    port: wholeNumber(1, 65_535).default(22),
    user: text(/^[A-Za-z0-9._-]+$/, "a user's name, such as backup"),
    path: text(folder, "a folder on the server, such as /srv/backups"),
    knownHosts: text(
      /^(?:\S+ (?:ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/=]+(?: .*)?\n?)+$/,
      "lines of a known_hosts file, as ssh-keyscan prints them",
    ),
    ...common,
  }),
  path: z.strictObject({
    type: z.literal("path"),
    path: text(/^(?:\/(?!\.)[A-Za-z0-9._-]+)+$/, "an absolute path of letters, digits and . _ -, such as /mnt/backups"),
    ...common,
  }),
};
const place = z.discriminatedUnion("type", [schemas.s3, schemas.sftp, schemas.path], {
  error: () => "s3, sftp or path",
});

const credentials = {
  s3: z.strictObject({
    accessKeyId: text(/^[A-Za-z0-9_.-]{3,128}$/, "an access key's id"),
    secretAccessKey: text(/^[A-Za-z0-9/+=_.~-]{8,256}$/, "a secret access key"),
  }),
  sftp: z.strictObject({
    privateKey: text(
      /^-----BEGIN [A-Z ]*PRIVATE KEY-----\n(?:[A-Za-z0-9+/=]+\n)+-----END [A-Z ]*PRIVATE KEY-----\n?$/,
      "a private SSH key without a passphrase, as ssh-keygen writes it",
    ),
  }),
};

/** What a value has to look like; the message is what was expected instead of anything else. */
function text(pattern: RegExp, expected: string) {
  return z.string({ error: () => expected }).regex(pattern, { error: () => expected });
}

/** `pulumi config set --path` writes numbers as such, and without `--path` as text. */
function wholeNumber(least: number, most: number) {
  const error = () => `a whole number from ${least} to ${most}`;
  return z.coerce.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

/** The setting `offsite`. @throws Error that says which part is wrong, what was expected and how to set it. */
export function parseOffsite(value: unknown): OffsitePlace {
  const parsed = place.safeParse(value);
  if (!parsed.success) throw refusal("offsite", parsed.error, value);
  const { prefix, intervalSeconds, ...store } = parsed.data;
  return { store, prefix, intervalSeconds };
}

/** The setting `offsiteCredentials`, for a store of this type. @throws Error that never holds a secret. */
export function parseCredentials(type: Store["type"], value: unknown): Credentials {
  switch (type) {
    case "s3":
      return { type, ...orRefusal(credentials.s3, value) };
    case "sftp":
      return { type, ...orRefusal(credentials.sftp, value) };
    case "path":
      if (value === undefined) return { type: "none" };
      throw new Error(
        "offsiteCredentials: got some, expected none for offsite.type path; take them out with: pulumi config rm offsiteCredentials",
      );
    default:
      return type satisfies never;
  }
}

function orRefusal<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  throw refusal("offsiteCredentials", parsed.error, undefined);
}

/** @param shown the value, where it may be shown. */
function refusal(setting: string, { issues: [issue] }: z.ZodError, shown: unknown): Error {
  const secret = setting === "offsite" ? "" : "--secret ";
  if (issue?.code === "unrecognized_keys") {
    const key = issue.keys[0];
    return new Error(
      `${setting}.${key}: there is no such field; take it out with: pulumi config rm --path ${setting}.${key}`,
    );
  }
  const where = [setting, ...(issue?.path ?? [])].join(".");
  const got = issue?.path.reduce<unknown>((sofar, key) => partOf(sofar, key), shown);
  const said = shown === undefined ? "" : `got ${JSON.stringify(got) ?? "nothing"}, `;
  const set = where === "offsite" ? "offsite.type" : where;
  return new Error(
    `${where}: ${said}expected ${issue?.message}; set it with: pulumi config set ${secret}--path ${set} <value>`,
  );
}

function partOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
