import type { Action, Results } from "../results.ts";
import { median } from "../support/statistics.ts";
import { memoryPerTenant } from "./density.ts";
import { figure, table } from "./markdown.ts";
import { ratioOf, reconnectBase, throughputBase } from "./paths.ts";

/** What the program wants to be, and where a run's results say how it is. */
interface Target {
  readonly name: string;
  readonly unit: string;
  readonly bound: "at most" | "at least";
  readonly value: number;
  /** Undefined where the run did not measure it. */
  readonly measured: (results: Results) => number | undefined;
}

const targets: readonly Target[] = [
  ...(
    [
      [10, 3],
      [100, 3.5],
      [300, 5],
    ] as const
  ).map(([existing, value]) => goLive(existing, value)),
  ...(
    [
      [26, 2.5],
      [100, 3],
      [300, 4],
    ] as const
  ).map(([existing, value]) => deployment("preview", existing, value)),
  deployment("100 more", 0, 60),
  ...(
    [
      [1, 0.75],
      [8, 0.85],
    ] as const
  ).map(([clients, value]) => traefik(clients, value)),
  reconnecting(0.95),
  {
    name: "memory of an idle tenant, runtime included",
    unit: "MiB",
    bound: "at most",
    value: 12,
    measured: ({ density }) => {
      const last = density?.steps.at(-1);
      return last === undefined ? undefined : memoryPerTenant(last);
    },
  },
  {
    name: "idle tenants, each answering",
    unit: "",
    bound: "at least",
    value: 500,
    measured: ({ density }) => {
      const most = density?.steps.findLast(({ answering, tenants }) => answering === tenants)?.tenants ?? 0;
      // A run that ended before has not measured it.
      return most >= 500 || density?.limit?.reached === true ? most : undefined;
    },
  },
  {
    name: "reload at 1,000 routers",
    unit: "s",
    bound: "at most",
    value: 1,
    measured: ({ reload }) => median(reload?.find(({ routers }) => routers === 1000)?.seconds ?? []),
  },
  {
    name: "errors across reloads",
    unit: "",
    bound: "at most",
    value: 0,
    measured: ({ reload }) => {
      const errors = reload?.flatMap(({ traffic }) => (traffic === undefined ? [] : [traffic.errors])) ?? [];
      return errors.length === 0 ? undefined : errors.reduce((sum, count) => sum + count, 0);
    },
  },
];

function goLive(existing: number, value: number): Target {
  const live = ({ goLive: rows }: Results) =>
    rows?.find((row) => row.way === "pulumi up" && row.existing === existing)?.live;
  const measured = (results: Results) => median(live(results) ?? []);
  return { name: `go-live at ${existing} tenants`, unit: "s", bound: "at most", value, measured };
}

function deployment(action: Action, existing: number, value: number): Target {
  const row = ({ deployments }: Results) =>
    deployments?.find((known) => known.action === action && known.existing === existing);
  const name = action === "100 more" ? "100 tenants from nothing" : `preview without a change at ${existing} tenants`;
  return { name, unit: "s", bound: "at most", value, measured: (results) => median(row(results)?.seconds ?? []) };
}

function traefik(clients: number, value: number): Target {
  const measured = ({ throughput = [] }: Results) => {
    const row = throughput.find((one) => one.path === "traefik" && one.mode === "simple" && one.clients === clients);
    return row === undefined ? undefined : ratioOf(row.runs, throughputBase(throughput, row)?.runs);
  };
  return {
    name: `Traefik of direct TLS, ${clients === 1 ? "1 client" : `${clients} clients`}`,
    unit: "",
    bound: "at least",
    value,
    measured,
  };
}

function reconnecting(value: number): Target {
  const measured = ({ reconnect = [] }: Results) => {
    const row = reconnect.find((one) => one.path === "traefik" && one.negotiation === "STARTTLS" && one.clients === 8);
    return row === undefined ? undefined : ratioOf(row.runs, reconnectBase(reconnect, row)?.runs);
  };
  return { name: "Traefik of direct TLS, reconnect, 8 clients", unit: "", bound: "at least", value, measured };
}

/** The table of targets, with what this run measured. */
export function renderTargets(results: Results): string {
  const rows = targets.map(({ name, unit, bound, value, measured }) => {
    const got = measured(results);
    const withUnit = (text: string) => (unit === "" ? text : `${text} ${unit}`);
    return [
      name,
      withUnit(`${bound} ${value}`),
      got === undefined ? "–" : withUnit(figure(got)),
      verdict(bound, value, got),
    ];
  });
  return table(["what", "target", "measured", "met"], rows, 4);
}

function verdict(bound: Target["bound"], value: number, got: number | undefined): string {
  if (got === undefined) return "not measured";
  return (bound === "at most" ? got <= value : got >= value) ? "yes" : "no";
}
