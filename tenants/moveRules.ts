import type { Draft } from "./check.ts";
import type { Path, Problem } from "./issues.ts";
import { secondPlace } from "./secondPlace.ts";
import { isShared } from "./sharedDefaults.ts";
import { sharedFieldsFit } from "./sharedRules.ts";
import { secondPlaceFields } from "./standby.ts";
import { either, quoted } from "./text.ts";

/** A tenant has one second place at most, of the other kind than its own, and one that could be its own. */
export function secondPlacesFit({ tenants, instances, ...rest }: Draft): Problem[] {
  const known = instances.flatMap(({ id }) => id ?? []);
  return tenants.flatMap((tenant, index): Problem[] => {
    const second = secondPlace(tenant);
    if (second === undefined) return [];
    const { field, entry, sound } = second;
    const path: Path = ["tenants", index, field];
    const own: Path[] = [path, ["tenants", index, "isolation"], ["tenants", index, "instance"]];
    const problem = (advice: string): Problem[] => [{ path, advice, reliesOn: own }];
    if (secondPlaceFields(tenant).length > 1)
      return problem("one of movingTo, movedFrom and discarded; take out the one that pgt move did not write");
    if (tenant.state === "removed")
      return problem("no second place of a removed tenant; end the move before: pgt move --accept, or --undo");
    if (tenant.ephemeral !== undefined)
      return problem("no second place of a tenant that goes by itself; take movedFrom or ephemeral out");
    if (!sound) return problem("fields as an entry has them; take it out as it was, or end the move: pgt move --undo");
    const [dedicated, shared] = isShared(entry) ? [tenant, entry] : [entry, tenant];
    if (isShared(dedicated) || shared.isolation !== "database")
      return problem('a server of its own as one place, and "isolation: database" on an instance as the other');
    if (shared.instance === undefined || !known.includes(shared.instance))
      return problem(`the id of an instance that is there: ${either(known)}`);
    const [unfit] = sharedFieldsFit({ ...rest, instances, tenants: [entry] });
    return unfit === undefined ? [] : problem(`in it, as ${quoted(String(unfit.path.at(-1)))}, ${unfit.advice}`);
  });
}
