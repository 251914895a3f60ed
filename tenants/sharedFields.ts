import { documented } from "./fieldDocs.ts";
import { word } from "./fields.ts";
import { id } from "./idField.ts";

/** Where a tenant's data is: in a server of its own, or in one that it shares. */
export const sharedFields = {
  isolation: documented(word(["dedicated", "database", "schema"]).exactOptional(), {
    meaning:
      "What keeps the tenant apart from others. `dedicated`: a server of its own. `database`: a database of its own on an `instance`. `schema`: a schema of its own there, in one database with others: [shared-instances.md](shared-instances.md).",
    limits:
      "`dedicated`, `database` or `schema`; the last two need `instance`, and leave no room for what an instance has once for all: memory, disk, backups.",
    byDefault: "`dedicated`.",
    change:
      "refused where the tenant has data, which would stay behind: `./pgt move` takes it along, see [move.md](move.md).",
  }),
  instance: documented(id().exactOptional(), {
    meaning:
      "The instance that the tenant is on. What a change of its other fields does there: [review.md](review.md#on-an-instance).",
    limits: "The id of one under `instances`. Only with `isolation: database` or `schema`.",
    byDefault: "none.",
    change:
      "refused where the tenant has data, which would stay behind: `./pgt move` takes it along, see [move.md](move.md).",
  }),
};
