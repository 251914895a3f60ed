import { tenantHost } from "../../components/names.ts";
import { formatMiB } from "../../tenants/units.ts";
import { alignColumns } from "../table.ts";
import type { ImportPlan } from "./planImport.ts";
import type { PlannedTenant } from "./planTenant.ts";

/** What an import does, for people: what each tenant is and becomes, what is set, and what is stopped. */
export function renderPlan(plan: ImportPlan, domain: string, port: number): string {
  const rows = plan.tenants.map((tenant) => rowOf(tenant, domain, port));
  const settings = plan.settings.map(([name, value]) => `  ${name}: ${value}`);
  return [
    ...alignColumns([["TENANT", "VOLUME", "REACHED AT", "USER", "DATABASE", "DATA", ""], ...rows]),
    ...(settings.length === 0 ? [] : ["Settings of the stack:", ...settings]),
    ...(plan.stop.length === 0
      ? []
      : [
          `Stopped, and kept from starting again: ${plan.stop.map(({ name }) => name).join(", ")}`,
          "From then on no client gets in, until its tenant is told as handed over. Superusers become ordinary owners of their databases.",
        ]),
  ].join("\n");
}

function rowOf({ pgs, volume, usedMiB, takeFrom }: PlannedTenant, domain: string, port: number): string[] {
  const host = pgs.access ? `${tenantHost(pgs.id, domain)}:${port}` : "nowhere, as before";
  const stage = takeFrom === undefined ? "taken over before, goes on" : "";
  return [pgs.id, volume, host, pgs.user, pgs.database, formatMiB(usedMiB), stage];
}
