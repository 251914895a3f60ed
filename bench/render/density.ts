import type { Density, DensityStep } from "../results.ts";
import { blocks, figure, table } from "./markdown.ts";

const meaning = `Idle tenants of the plan \`small\`, ten seconds after the last deployment. MiB per tenant: *own* is its container's anonymous and shared memory (by its cgroup: PSS misses what ended processes left in
shared memory), *runtime* is its shim and its part of what the engine and containerd have grown by (PSS), *charged* is all that its cgroup has, page cache included, *available* is what the machine's available memory
fell by.`;

/** MiB of an idle tenant with its share of the container runtime, page cache not included: what the target is about. */
export function memoryPerTenant({ anonymousMiB, sharedMiB, shimMiB, engineMiB, tenants }: DensityStep): number {
  return (anonymousMiB + sharedMiB + shimMiB + engineMiB) / tenants;
}

/** The section on idle tenants. */
export function renderDensity({ steps, limit }: Density): string {
  const per = (of: (step: DensityStep) => number, step: DensityStep) => figure(of(step) / step.tenants, 1);
  return blocks(
    meaning,
    table(
      [
        ...["tenants", "own + runtime", "own", "runtime", "charged", "available", "processes each"],
        ...["answering", "all answer after an engine restart, s"],
      ],
      steps.map((step) => [
        String(step.tenants),
        figure(memoryPerTenant(step), 1),
        per(({ anonymousMiB, sharedMiB }) => anonymousMiB + sharedMiB, step),
        per(({ shimMiB, engineMiB }) => shimMiB + engineMiB, step),
        per(({ cgroupMiB }) => cgroupMiB, step),
        per(({ availableMiB }) => availableMiB, step),
        per(({ processes }) => processes, step),
        String(step.answering),
        figure(step.restartSeconds, 1),
      ]),
    ),
    limit === undefined ? "" : `**The climb ended at ${limit.tenants} tenants:** ${limit.reason}.`,
  );
}
