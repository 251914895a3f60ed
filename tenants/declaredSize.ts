import type { Draft } from "./check.ts";
import { declaredOf } from "./declaredDefaults.ts";
import { databaseOf, ownerOf } from "./declaredRules.ts";
import type { Problem } from "./issues.ts";
import { over, planNameOf, plansOf } from "./plans.ts";

/** Bytes. What is declared is one string of a process' environment, which the kernel bounds at 128 KiB with its name (MAX_ARG_STRLEN). */
const MOST_DECLARED = 120_000;

/** What an entry declares, with every default filled in, can be handed to the step that makes it so. */
export function declaredSizeFits(draft: Draft): Problem[] {
  return draft.tenants.flatMap((entry, index) => {
    const plan = plansOf(draft).get(planNameOf(entry, draft));
    const [owner, database] = [ownerOf(entry), databaseOf(entry)];
    if (plan === undefined || owner === undefined || database === undefined) return [];
    const { maxConnections } = over(plan, entry);
    const bytes = Buffer.byteLength(JSON.stringify(declaredOf(entry, { owner, database, maxConnections }) ?? {}));
    if (bytes <= MOST_DECLARED) return [];
    const advice =
      `at most ${MOST_DECLARED} bytes of databases, roles, extensions, schemas and settings, each with its defaults; ` +
      "let the application make some of the schemas, or give its databases to two tenants";
    return [{ path: ["tenants", index], got: `${bytes} bytes`, advice }];
  });
}
