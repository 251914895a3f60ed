import { documented } from "./fieldDocs.ts";
import { count, duration, flag, size } from "./fields.ts";
import { MIB_PER_CONNECTION } from "./plans.ts";

const inPlace = "made in place, no restart.";
const restarts = "restarts the tenant: seconds of downtime, its clients are disconnected.";
const notBelowUse = "Less than the tenant uses is refused, with the figures.";

const timeSpan = "Such as `30 s`: a whole number and `ms`, `s`, `min` or `h`; `24 h` at most, or `none`.";
const watched =
  "A session can set another value for itself, but what takes longer than this is ended all the same: see [limits.md](limits.md).";

/** What a plan gives and a tenant can override. @param byDefault where a value that is left out comes from. */
export function resourceFields(byDefault: string) {
  return {
    memory: documented(size(64, 1024 * 1024).exactOptional(), {
      meaning: "The most memory the tenant's container may use, page cache included. There is no swap beside it.",
      limits: `From 64 MB to 1024 GB, in whole MB or GB (1 GB is 1024 MB). Holds at least \`sharedBuffers\` and ${MIB_PER_CONNECTION} MB for each of \`maxConnections\`.`,
      byDefault,
      change: `${inPlace} ${notBelowUse}`,
    }),
    cpuShares: documented(count(2, 262_144).exactOptional(), {
      meaning:
        "The tenant's weight when processors are scarce: with twice the shares it gets twice the time. While they are idle, nothing holds it back.",
      limits: "A whole number from 2 to 262144, the kernel's range.",
      byDefault,
      change: inPlace,
    }),
    maxConnections: documented(count(5, 5000).exactOptional(), {
      meaning:
        "The most connections of the tenant's role. The server itself takes more, for the operator and for logins that are never finished.",
      limits: `A whole number from 5 to 5000. Each counts as ${MIB_PER_CONNECTION} MB of \`memory\`, and all of them fit in beside \`sharedBuffers\`.`,
      byDefault,
      change: `${restarts} ${notBelowUse}`,
    }),
    sharedBuffers: documented(size(1, 512 * 1024).exactOptional(), {
      meaning: "PostgreSQL's own page cache (`shared_buffers`), part of the memory.",
      limits: "From 1 MB, in whole MB or GB, to at most half of `memory`.",
      byDefault,
      change: restarts,
    }),
    disk: documented(size(256, 1024 * 1024).exactOptional(), {
      meaning:
        "The most that the tenant's volume may hold, WAL included. It is measured at least once a minute. From 80 % on the log warns, near the limit the tenant becomes read-only, at the limit it refuses logins: see [disk.md](disk.md).",
      limits: "From 256 MB to 1024 GB, in whole MB or GB.",
      byDefault,
      change: `${inPlace} ${notBelowUse}`,
    }),
    statementTimeout: documented(duration().exactOptional(), {
      meaning: `Statements that run longer are cancelled (\`statement_timeout\`). ${watched}`,
      limits: timeSpan,
      byDefault,
      change: inPlace,
    }),
    idleInTransactionTimeout: documented(duration().exactOptional(), {
      meaning: `Sessions that stay idle in a transaction for longer are ended (\`idle_in_transaction_session_timeout\`): while one is open, VACUUM cannot clean up. ${watched}`,
      limits: timeSpan,
      byDefault,
      change: inPlace,
    }),
    lockTimeout: documented(duration().exactOptional(), {
      meaning: `Statements that wait for a lock for longer are cancelled (\`lock_timeout\`). ${watched}`,
      limits: timeSpan,
      byDefault,
      change: inPlace,
    }),
    tempFileLimit: documented(size(1, 1024 * 1024).exactOptional(), {
      meaning:
        "The most that the temporary files of one session may hold, which sorts and hashes write that do not fit into memory (`temp_file_limit`). Only the superuser can raise it.",
      limits: "From 1 MB to 1024 GB, in whole MB or GB.",
      byDefault: "a quarter of `disk`; in a tenant, what its plan says.",
      change: inPlace,
    }),
    readOnly: documented(flag().exactOptional(), {
      meaning:
        "Whether the tenant can only read. Nobody writes then, its own role included, whatever a session sets: see [limits.md](limits.md).",
      limits: "`true` or `false`.",
      byDefault,
      change: `${inPlace} Where it becomes true, sessions that write at that moment are ended.`,
    }),
    allowDdl: documented(flag().exactOptional(), {
      meaning:
        "Whether the tenant can change definitions: make, alter or drop tables, functions, privileges and the like. With `false` only rows change: see [limits.md](limits.md).",
      limits: "`true` or `false`.",
      byDefault,
      change: inPlace,
    }),
  };
}
