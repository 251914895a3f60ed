import type { Action } from "./results.ts";

/** How much is measured. Counts and seconds, so that a run is bounded in both. */
export interface Scope {
  readonly goLive: { readonly existing: readonly number[]; readonly runs: number };
  readonly deployments: {
    readonly existing: readonly number[];
    readonly runs: Readonly<Record<Exclude<Action, "100 more">, number>>;
  };
  readonly throughput: {
    readonly scale: number;
    readonly modes: readonly ("simple" | "prepared")[];
    readonly clients: readonly number[];
    readonly rounds: number;
    readonly seconds: number;
  };
  readonly reconnect: { readonly clients: readonly number[]; readonly rounds: number; readonly seconds: number };
  /** Tenants at which memory is read, the most that are made, and whether the engine is restarted at each. */
  readonly density: { readonly existing: readonly number[]; readonly most: number; readonly restartEngine: boolean };
  /** Numbers of routers, and for each how many reloads are made while clients work. */
  readonly reload: {
    readonly sizes: readonly { readonly routers: number; readonly underLoad: number }[];
    readonly reloads: number;
  };
  readonly stress: { readonly requests: number; readonly clients: number };
  /** No step that makes more tenants begins after this many minutes. */
  readonly minutes: number;
}

/** An hour at most on two cores. */
export const full: Scope = {
  goLive: { existing: [0, 10, 100, 300], runs: 20 },
  deployments: {
    existing: [26, 100, 300],
    runs: { preview: 5, up: 3, "one more": 3, "one less": 3 },
  },
  throughput: { scale: 10, modes: ["simple", "prepared"], clients: [1, 8, 40], rounds: 3, seconds: 3 },
  reconnect: { clients: [1, 8], rounds: 3, seconds: 3 },
  density: { existing: [10, 100, 300], most: 1000, restartEngine: true },
  reload: {
    sizes: [
      { routers: 100, underLoad: 100 },
      { routers: 1000, underLoad: 100 },
      // Five seconds each.
      { routers: 5000, underLoad: 20 },
    ],
    reloads: 20,
  },
  stress: { requests: 5000, clients: 250 },
  minutes: 50,
};

/** Five minutes: every section once, on few tenants. Its figures show that things work, and little more. */
export const quick: Scope = {
  goLive: { existing: [0, 10], runs: 2 },
  deployments: {
    existing: [26],
    runs: { preview: 2, up: 2, "one more": 1, "one less": 1 },
  },
  throughput: { scale: 1, modes: ["simple"], clients: [1, 8], rounds: 1, seconds: 2 },
  reconnect: { clients: [8], rounds: 1, seconds: 2 },
  density: { existing: [10], most: 10, restartEngine: false },
  reload: {
    sizes: [
      { routers: 100, underLoad: 20 },
      { routers: 1000, underLoad: 20 },
    ],
    reloads: 5,
  },
  stress: { requests: 5000, clients: 250 },
  minutes: 4,
};
