import * as z from "zod";
import { AccessSchema } from "./accessFields.ts";
import { documented } from "./fieldDocs.ts";
import { count, name, word } from "./fields.ts";
import { id } from "./idField.ts";
import { ROLE_PATTERN, VOLUME_PATTERN, whyRoleReserved, whyVolumeReserved } from "./names.ts";

const role = name({
  expected: 'a role name of 1 to 63 characters from a-z, 0-9 and "_", a letter first',
  pattern: ROLE_PATTERN,
  separator: "_",
  whyReserved: whyRoleReserved,
  otherwise: 'choose a name such as "app", or leave the field out',
});

const volume = name({
  expected: 'the name of a volume on the engine, as "docker volume ls" shows it',
  pattern: VOLUME_PATTERN,
  whyReserved: whyVolumeReserved,
  otherwise: "write the name of another volume, or leave the field out for one of our own",
});

const confirmation = (field: string) =>
  z.string({ error: () => `the id of the tenant and a date, as text; write it as "${field}: acme 2026-11-21"` });

/** More renames than a tenant sees in its life. */
const MOST_FORMER_IDS = 20;

const formerIds = z.union(
  [
    id(),
    z
      .array(id())
      .min(1, { error: () => "at least one earlier id; leave renamedFrom out for a tenant that was never renamed" })
      .max(MOST_FORMER_IDS, {
        error: () => `at most ${MOST_FORMER_IDS} earlier ids; keep the first one and those that are still deployed`,
      }),
  ],
  { error: () => 'an earlier id of this tenant, or a list of them, oldest first; write it as "renamedFrom: acme"' },
);

/** A tenant's role, its life, and how it is reached. */
export const lifeFields = {
  user: documented(role.exactOptional(), {
    meaning: "The role that the tenant logs in with. It owns the database, and is never a superuser.",
    limits: "1 to 63 characters from a-z, 0-9 and `_`; a letter first. No reserved word.",
    byDefault: "the id, with `-` as `_`; for a renamed tenant, its first id.",
    change:
      "renames the role, which keeps all that it owns: sessions live on, new logins need the new name. Where the server has a role of that name, that one takes over the database, and the old one can no longer log in.",
  }),
  state: documented(word(["running", "stopped", "removed"]).exactOptional(), {
    meaning:
      "`stopped`: no container and no route; data and password are kept. `removed`: the same, and once that is deployed the entry may be taken out of the file. The volume stays on the engine until `pgt purge` deletes it.",
    limits: "`running`, `stopped` or `removed`; `removed` needs `confirm`.",
    byDefault: "`running`.",
    change:
      "to `stopped` or `removed` ends the tenant's sessions; back to `running` starts it with all its data. No other tenant notices.",
  }),
  confirm: documented(confirmation("confirm").exactOptional(), {
    meaning: "Says that the removal of this tenant is meant.",
    limits:
      "The tenant's id and today's date, such as `acme 2026-11-21`. Only with `state: removed`. When the tenant is removed, the date is at most 14 days old.",
    byDefault: "none.",
    change: "nothing by itself.",
  }),
  confirmRestart: documented(confirmation("confirmRestart").exactOptional(), {
    meaning:
      "Says that this tenant may be restarted although its newest good backup is older than its schedule allows: twice the longest time between two backups, and an hour. Without it such a change is refused.",
    limits:
      "The tenant's id and today's date, such as `acme 2026-11-21`. Counts for a deployment at most 14 days later.",
    byDefault: "none.",
    change: "nothing by itself.",
  }),
  renamedFrom: documented(formerIds.exactOptional(), {
    meaning:
      "The id that the tenant had before; after several renames all of them, oldest first. Volume, password, role and database stay what they were under the first.",
    limits:
      "1 to 20 ids that no other tenant has or had. Stays in the file as long as the tenant. A tenant that gets its first id back keeps it at the head of the list: `[acme, acme-corp]`.",
    byDefault: "none.",
    change: "made together with the new `id`: the host changes, and the tenant restarts once. The volume stays.",
  }),
  access: AccessSchema.exactOptional().register(z.globalRegistry, {
    description: "Who reaches the tenant from outside.",
  }),
  password: documented(
    word(
      ["generated", "custom"],
      'for a password of your own write "custom", and give it by "pulumi config set --secret --path passwords.<id>"',
    ).exactOptional(),
    {
      meaning:
        "`generated`: made here, 32 letters and digits. `custom`: your own, from the stack's configuration: `pulumi config set --secret --path passwords.<id>` asks for it.",
      limits: "`generated` or `custom`. Never the password itself.",
      byDefault: "`generated`.",
      change: "the role gets the other password. Sessions live on, new logins need it. No restart.",
    },
  ),
  passwordVersion: documented(count(1, 1_000_000).exactOptional(), {
    meaning: "Counts the generated passwords: another number makes another password. Means nothing for a custom one.",
    limits: "A whole number from 1 to 1000000.",
    byDefault: "1.",
    change: "a new password at once. Sessions live on, new logins need it. No restart.",
  }),
  tls: documented(word(["terminate", "passthrough"]).exactOptional(), {
    meaning:
      "Where TLS ends. `terminate`: at the router. `passthrough`: at the tenant's own server, so that clients can ask for `channel_binding=require`; it shows the wildcard certificate, or one of the tenant's own.",
    limits: "`terminate` or `passthrough`.",
    byDefault: "`terminate`.",
    change: "holds for new connections at once. Sessions live on. No restart.",
  }),
  tier: documented(word(["production", "standard"]).exactOptional(), {
    meaning:
      "What the tenant is for. `production` holds it to what a database that somebody's work depends on must have: a list of networks that are let in, backups on a schedule, deletion protection, and a certificate of its own where TLS passes through: [policies.md](policies.md).",
    limits: "`production` or `standard`.",
    byDefault: "`standard`.",
    change: "nothing that runs. To `production`, a preview or deployment is refused until the tenant has all of that.",
  }),
  volume: documented(volume.exactOptional(), {
    meaning:
      "A volume that something else made, for this tenant to take over: a cluster of PostgreSQL 18 in its folder `18/docker`. Its superuser loses its password and gets another name, and what it owned stays with it; `pgt import` hands that over to the tenant.",
    limits: "A name as `docker volume ls` shows it, of no other tenant. Nothing may run on it.",
    byDefault: "a volume of our own.",
    change: "refused while the old volume is protected: it would leave the data behind.",
  }),
};
