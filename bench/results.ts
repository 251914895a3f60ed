/** What a run of the bench measures: plain values, one list for each section, written to a file as they come. All times in seconds. */
export interface Results {
  readonly machine: Machine;
  readonly run: Run;
  goLive?: GoLive[];
  deployments?: Deployment[];
  throughput?: Throughput[];
  reconnect?: Reconnect[];
  density?: Density;
  reload?: Reload[];
  stress?: Stress[];
}

/** A section's name: on the command line, in the file of results, and as the page's anchor. */
export const sectionNames = [
  "goLive",
  "deployments",
  "throughput",
  "reconnect",
  "density",
  "reload",
  "stress",
] as const;
export type SectionName = (typeof sectionNames)[number];

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly kernel: string;
  readonly cgroup: "v1" | "v2";
  /** Program to version. */
  readonly versions: Readonly<Record<string, string>>;
}

interface Run {
  readonly commit: string;
  readonly begun: string;
  readonly quick: boolean;
  /** Load average over the last minute before the run: other work on the machine makes every figure worse. */
  readonly loadBefore: number;
  /** Seconds; absent where the run was cut. */
  ended?: number;
  /** What a section could not measure, and why. */
  readonly missing: { readonly section: SectionName; readonly reason: string }[];
}

/** What a new tenant's waiting time is made of, in this order; the parts add up to the whole. */
export const phases = ["start", "program", "engine", "create", "route", "server"] as const;
export type Phase = (typeof phases)[number];

/** New tenants one after another, made in one way beside a number of existing ones. */
export interface GoLive {
  readonly way: "pulumi up" | "docker run" | "docker compose up";
  readonly existing: number;
  /** From the written file (from the command's start where there is none) to the first answer. */
  readonly live: number[];
  /** Until the command had ended. */
  readonly ended: number[];
  /** Of `pulumi up` only. */
  readonly phases: Readonly<Record<Phase, number[]>> | undefined;
}

export const actions = ["preview", "up", "one more", "one less", "100 more"] as const;
export type Action = (typeof actions)[number];

/** One action, again and again, on a stack of a number of tenants. */
export interface Deployment {
  readonly action: Action;
  readonly existing: number;
  readonly seconds: number[];
  /** The most memory of the CLI and everything it starts. */
  readonly peakMiB: number[];
  /** Size of the stack's state afterwards. */
  stateBytes: number;
}

/** Ways from a client to a server; the first encrypted one is what the others are measured against. */
export const paths = ["direct", "directTls", "traefik", "passthrough", "haproxy", "pgbouncer"] as const;
export type PathName = (typeof paths)[number];

/** One run of pgbench; times in milliseconds, per transaction. */
export interface PgbenchRun {
  readonly tps: number;
  readonly transactions: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface Throughput {
  readonly path: PathName;
  readonly mode: "simple" | "prepared";
  readonly clients: number;
  readonly runs: PgbenchRun[];
}

/** Each transaction with a connection of its own. */
export interface Reconnect {
  readonly path: PathName;
  readonly negotiation: "none" | "STARTTLS" | "direct TLS";
  readonly clients: number;
  readonly runs: PgbenchRun[];
}

export interface Density {
  readonly steps: DensityStep[];
  /** What ended the climb, at how many tenants; `reached` where it was a limit of machine or program, not the end of this run. */
  limit?: { readonly tenants: number; readonly reason: string; readonly reached: boolean };
}

/** All idle tenants of a stack, added up. */
export interface DensityStep {
  readonly tenants: number;
  /** By the containers' accounts, of the servers and what runs beside them. */
  readonly anonymousMiB: number;
  readonly sharedMiB: number;
  /** What the containers are charged with, page cache included. */
  readonly cgroupMiB: number;
  /** PSS of one shim process for each container, and what engine and containerd have grown by. */
  readonly shimMiB: number;
  readonly engineMiB: number;
  /** What the machine's available memory fell by. */
  readonly availableMiB: number;
  readonly processes: number;
  readonly answering: number;
  /** Until every tenant answered again after the engine was restarted; absent where it was not ours to restart. */
  restartSeconds?: number;
}

export interface Reload {
  readonly routers: number;
  /** From the renamed file to the first answer by the new route. */
  readonly seconds: number[];
  /** Processor time of the router for one reload. */
  readonly cpuSeconds: number[];
  /** What ran across further reloads. */
  traffic?: {
    readonly reloads: number;
    readonly transactions: number;
    readonly connections: number;
    readonly errors: number;
  };
}

export interface Stress {
  readonly way: "session kept" | "connection per request";
  readonly clients: number;
  readonly requests: number;
  /** Milliseconds. */
  readonly average: number;
  readonly least: number;
  readonly most: number;
  readonly deviation: number;
  readonly errors: number;
  readonly perSecond: number;
}
