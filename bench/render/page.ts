import type { Results, SectionName } from "../results.ts";
import { renderDensity } from "./density.ts";
import { renderDeployments } from "./deployments.ts";
import { renderGoLive } from "./goLive.ts";
import { blocks, figure, image, table } from "./markdown.ts";
import {
  densityPlot,
  deploymentsPlot,
  goLivePlot,
  type Plot,
  reconnectPlot,
  reloadPlot,
  throughputPlot,
} from "./plots.ts";
import { renderTargets } from "./targets.ts";
import { renderReconnect, renderReload, renderStress, renderThroughput } from "./traffic.ts";

interface Section {
  readonly name: SectionName;
  readonly title: string;
  /** Undefined where the run has no figures of it. */
  readonly text: (results: Results) => string | undefined;
  readonly plot?: (results: Results) => Plot | undefined;
}

const sections: readonly Section[] = [
  {
    name: "goLive",
    title: "1. Go-live: a new tenant's first answer",
    text: ({ goLive }) => goLive && renderGoLive(goLive),
    plot: goLivePlot,
  },
  {
    name: "deployments",
    title: "2. Previews and deployments",
    text: ({ deployments }) => deployments && renderDeployments(deployments),
    plot: deploymentsPlot,
  },
  {
    name: "throughput",
    title: "3. Throughput, by the way to the server",
    text: ({ throughput }) => throughput && renderThroughput(throughput),
    plot: throughputPlot,
  },
  {
    name: "reconnect",
    title: "4. Connections, by the way to the server",
    text: ({ reconnect }) => reconnect && renderReconnect(reconnect),
    plot: reconnectPlot,
  },
  {
    name: "density",
    title: "5. Idle tenants: memory, processes, limit",
    text: ({ density }) => density && renderDensity(density),
    plot: densityPlot,
  },
  {
    name: "reload",
    title: "6. New routes, while clients work",
    text: ({ reload }) => reload && renderReload(reload),
    plot: reloadPlot,
  },
  {
    name: "stress",
    title: "7. The reference stress",
    text: ({ stress }) => stress && renderStress(stress),
  },
];

/** Every plot that the results have figures for. */
export function plotsOf(results: Results): Plot[] {
  return sections.flatMap(({ plot }) => plot?.(results) ?? []);
}

/** The page, as Markdown: depends on the results only. */
export function renderPage(results: Results): string {
  return `${blocks(
    "# Benchmarks",
    "Written by `make bench`, from one run on one machine; not by hand. The figures behind it: [results.json](benchmarks/results.json).",
    results.run.quick
      ? "**A quick run: it shows that everything works. Few repetitions, few tenants; do not quote its figures.**"
      : "",
    about(results),
    "## Targets",
    renderTargets(results),
    ...sections.map((section) => renderSection(section, results)),
  )}\n`;
}

function renderSection({ name, title, text, plot }: Section, results: Results): string {
  const reasons = results.run.missing.filter(({ section }) => section === name).map(({ reason }) => oneLine(reason));
  const drawn = plot?.(results);
  return blocks(
    `## ${title}`,
    text(results) ?? "Not measured in this run.",
    drawn === undefined ? "" : image(drawn.title, drawn.file),
    reasons.length === 0 ? "" : `Not measured:\n\n${reasons.map((reason) => `- ${reason}`).join("\n")}`,
  );
}

function about({ machine, run }: Results): string {
  const rows = [
    ["processor", `${machine.processor}, ${machine.cores} cores`],
    ["memory", `${figure(machine.memoryMiB / 1024, 1)} GiB`],
    ["kernel", `Linux ${machine.kernel}, cgroup ${machine.cgroup}`],
    ...Object.entries(machine.versions),
    ["this program", run.commit],
    ["begun", run.begun],
    ["took", run.ended === undefined ? "was cut" : `${figure(run.ended / 60, 1)} minutes`],
    ["load average before", figure(run.loadBefore)],
  ];
  return blocks(
    "Median and 95th percentile of repeated runs; comparisons are made in turn (A B A B), in the same run. Clients, router and servers share the machine. Traffic stays on its loopback and its bridges.",
    table(["what", "which"], rows, 2),
  );
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
