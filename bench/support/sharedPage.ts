/** What bench/shared.ts measures. */
export interface SharedMeasures {
  /** The day. */
  readonly at: string;
  readonly machine: { readonly processors: number; readonly memoryMiB: number };
  readonly tenants: number;
  readonly instances: number;
  readonly declareSeconds: number;
  readonly previewSeconds: number;
  readonly nothingSeconds: number;
  readonly oneMoreSeconds: number;
  readonly oneMoreGoLiveSeconds: number;
  /** Of the CLI and all that it starts. */
  readonly peakMiB: number;
  readonly stateMiB: number;
  /** What the machine had less for programs. */
  readonly availableTakenMiB: number;
  readonly serversMiB: number;
  readonly poolsMiB: number;
  readonly processes: number;
  readonly answers: number;
  /** For all of them to answer. */
  readonly seconds: number;
}

/** The page of docs/. */
export function renderShared(measured: SharedMeasures): string {
  const { at, machine, tenants, instances } = measured;
  const seconds = (value: number) => `${value.toFixed(1)} s`;
  const mib = (value: number) => `${Math.round(value)} MiB`;
  const rows = [
    ["declare all, from nothing", seconds(measured.declareSeconds)],
    ["preview that finds no change", seconds(measured.previewSeconds)],
    ["up that finds no change", seconds(measured.nothingSeconds)],
    ["up with one tenant more, which answers then", seconds(measured.oneMoreSeconds)],
    [
      `ask all ${measured.tenants + 1} through the router`,
      `${measured.answers} answered, in ${seconds(measured.seconds)}`,
    ],
    ["servers, idle", mib(measured.serversMiB)],
    ["pools, idle", mib(measured.poolsMiB)],
    ["what the machine had less", mib(measured.availableTakenMiB)],
    ["processes", String(measured.processes)],
    ["state", `${measured.stateMiB.toFixed(1)} MiB`],
    ["the CLI and the program, at most", mib(measured.peakMiB)],
  ];
  return [
    "<!-- Written by node bench/shared.ts. -->",
    "# Shared instances, measured",
    `${tenants} tenants with a database each on ${instances} instances; ${machine.processors} processors, ${machine.memoryMiB} MiB, ${at}.`,
    ["| What | Measured |", "| --- | --- |", ...rows.map((cells) => `| ${cells.join(" | ")} |`)].join("\n"),
  ]
    .join("\n\n")
    .concat("\n");
}
