import type { TopLevelSpec } from "vega-lite";
import { actions, type PathName, paths, phases, type Results } from "../results.ts";
import { median } from "../support/statistics.ts";
import { memoryPerTenant } from "./density.ts";
import { pathNames, ratioOf, reconnectBase, throughputBase } from "./paths.ts";

/** A plot's file beside the page, and what it shows. */
export interface Plot {
  readonly file: string;
  readonly title: string;
  readonly spec: TopLevelSpec;
}

type Row = Readonly<Record<string, string | number>>;

/** What all plots look like: readable on a white and on a dark page. */
const look = {
  background: "white",
  padding: 8,
  config: {
    font: "sans-serif",
    view: { stroke: null },
    axis: { gridColor: "#e5e7eb", labelLimit: 240 },
    title: { anchor: "start" },
  },
} as const;

/** What a new tenant waits for, one bar for each size. */
export function goLivePlot({ goLive }: Results): Plot | undefined {
  const rows = goLive?.filter(({ way }) => way === "pulumi up") ?? [];
  const values = rows.flatMap((row) =>
    phases.map((phase, order) => ({
      tenants: row.existing,
      phase,
      order,
      seconds: median(row.phases?.[phase] ?? []) ?? 0,
    })),
  );
  return plot("go-live.svg", "A new tenant's time to its first answer, medians of the parts", values, {
    width: 560,
    mark: "bar",
    encoding: {
      y: { field: "tenants", type: "ordinal", title: "tenants before" },
      x: { field: "seconds", type: "quantitative", title: "seconds" },
      color: { field: "phase", type: "nominal", sort: [...phases], title: "part" },
      order: { field: "order", type: "quantitative" },
    },
  });
}

/** How commands grow with the number of tenants. */
export function deploymentsPlot({ deployments }: Results): Plot | undefined {
  const values = (deployments ?? [])
    .filter(({ action }) => action !== "100 more")
    .map(({ action, existing, seconds }) => ({ action, tenants: existing, seconds: median(seconds) ?? 0 }));
  return linesByTenants("deployments.svg", "Commands by the number of tenants, medians", values, 280, {
    y: { field: "seconds", type: "quantitative", title: "seconds" },
    color: { field: "action", type: "nominal", sort: [...actions], title: "what" },
  });
}

/** What each path leaves of direct TLS's transactions. */
export function throughputPlot({ throughput = [] }: Results): Plot | undefined {
  const values = throughput
    .filter(({ mode }) => mode === "simple")
    .flatMap((row) => bar(row.path, row.clients, ratioOf(row.runs, throughputBase(throughput, row)?.runs)));
  return bars("throughput.svg", "pgbench, simple protocol: transactions per second, as a part of direct TLS", values);
}

/** What each path leaves of direct TLS's connections. */
export function reconnectPlot({ reconnect = [] }: Results): Plot | undefined {
  const values = reconnect
    .filter(({ path, negotiation }) => negotiation !== "direct TLS" || path === "haproxy")
    .flatMap((row) => bar(row.path, row.clients, ratioOf(row.runs, reconnectBase(reconnect, row)?.runs)));
  return bars(
    "reconnect.svg",
    "A connection for each transaction: connections per second, as a part of direct TLS",
    values,
  );
}

/** What an idle tenant costs, by the number of tenants. */
export function densityPlot({ density }: Results): Plot | undefined {
  const values = (density?.steps ?? []).map((step) => ({ tenants: step.tenants, MiB: memoryPerTenant(step) }));
  const title = "Memory of an idle tenant, its share of the container runtime included";
  return linesByTenants("density.svg", title, values, 200, {
    y: { field: "MiB", type: "quantitative", title: "MiB per tenant" },
  });
}

/** From a renamed file to a usable route, each reload a point. */
export function reloadPlot({ reload = [] }: Results): Plot | undefined {
  const values = reload.flatMap(({ routers, seconds }) =>
    seconds.map((one) => ({ routers: String(routers), seconds: one })),
  );
  return plot("reload.svg", "From a renamed file to a usable route", values, {
    width: 560,
    mark: { type: "tick", thickness: 2 },
    encoding: {
      y: { field: "routers", type: "ordinal", sort: null, title: "routers" },
      x: { field: "seconds", type: "quantitative", title: "seconds" },
    },
  });
}

function bar(path: PathName, clients: number, ratio: number | undefined): Row[] {
  return ratio === undefined
    ? []
    : [{ path: pathNames[path], clients: clients === 1 ? "1 client" : `${clients} clients`, ratio }];
}

function bars(file: string, title: string, values: readonly Row[]): Plot | undefined {
  return plot(file, title, values, {
    width: 420,
    mark: "bar",
    encoding: {
      y: { field: "path", type: "nominal", sort: paths.map((path) => pathNames[path]), title: null },
      x: { field: "ratio", type: "quantitative", title: "direct TLS = 1" },
      row: { field: "clients", type: "nominal", sort: null, title: null },
    },
  });
}

/** What grows with the number of tenants. */
function linesByTenants(
  file: string,
  title: string,
  values: readonly Row[],
  height: number,
  encoding: object,
): Plot | undefined {
  return plot(file, title, values, {
    width: 560,
    height,
    mark: { type: "line", point: true },
    encoding: { x: { field: "tenants", type: "quantitative", title: "tenants" }, ...encoding },
  });
}

/** Undefined where there is nothing to show. */
function plot(file: string, title: string, values: readonly Row[], shape: object): Plot | undefined {
  if (values.length === 0) return undefined;
  return { file, title, spec: { ...look, title, data: { values: [...values] }, ...shape } as TopLevelSpec };
}
