import * as pulumi from "@pulumi/pulumi";
import { typeTokens } from "./names.ts";

/**
 * What is left in the state of a tenant whose time is up, for as long as its entry is in the file: its end, and no resource. Without it the
 * next deployment would take the entry for a new tenant, and make it again.
 */
export class ExpiredTenant extends pulumi.ComponentResource {
  constructor(name: string, args: { readonly until: string }, opts?: pulumi.ComponentResourceOptions) {
    super(typeTokens.tenantDatabase, name, {}, opts);
    this.registerOutputs({ state: "expired", until: args.until });
  }
}
