// The pack: `pulumi preview --policy-pack policy`. Each rule is a plain function over plain values; this is what Pulumi calls them by.
import { flushCompileCache } from "node:module";
import { PolicyPack, type ReportViolation, type ResourceValidationArgs } from "@pulumi/policy";
import { typeTokens } from "../components/names.ts";
import type { TenantFacts } from "../components/tenantFacts.ts";
import type { Resource } from "./resource.ts";
import { rules } from "./rules.ts";

/** What tenants say of themselves, by URN. The engine asks about a component before it asks about what belongs to it. */
const tenants = new Map<string, TenantFacts>();

function resourceOf({ type, urn, name, props, opts }: ResourceValidationArgs): Resource {
  const parentType = urn.split("::")[2]?.split("$").at(-2);
  return { type, parentType, name, protect: opts.protect, inputs: props };
}

new PolicyPack("pgtenants", {
  enforcementLevel: "mandatory",
  policies: rules.map(({ name, description, type, check }) => ({
    name,
    description,
    validateResource: Object.assign(
      (args: ResourceValidationArgs, reportViolation: ReportViolation) => {
        if (args.type !== type) return;
        if (type === typeTokens.tenantDatabase) tenants.set(args.urn, args.props);
        const tenant = tenants.get(args.opts.parent ?? "");
        for (const violation of check(resourceOf(args), tenant)) reportViolation(violation);
      },
      // As `validateResourceOfType` would mark it, for which the class would have to be loaded, and with it all of the provider's SDK.
      { __pulumiType: type },
    ),
  })),
});
// The engine ends this process by a signal, and Node.js would keep nothing of what it compiled for the next start.
flushCompileCache();
