import { type PgbenchRun, type Phase, phases, type Results } from "../../bench/results.ts";

function run(tps: number): PgbenchRun {
  return { tps, transactions: 4 * tps, p50: 8000 / tps, p95: 16_000 / tps, p99: 32_000 / tps };
}

function parts(...seconds: readonly number[]): Record<Phase, number[]> {
  return Object.fromEntries(phases.map((phase, index) => [phase, [seconds[index] ?? 0]])) as Record<Phase, number[]>;
}

/** Results with something in every section. The figures are made up, and easy to reckon with. */
export const everything: Results = {
  machine: {
    processor: "Example 1",
    cores: 2,
    memoryMiB: 24_576,
    kernel: "6.18.0",
    cgroup: "v1",
    versions: { PostgreSQL: "18.6", Traefik: "3.7.9" },
  },
  run: {
    commit: "0123456",
    begun: "2026-01-02T03:04:05.000Z",
    quick: false,
    loadBefore: 0.25,
    ended: 3000,
    missing: [{ section: "density", reason: "engine restart at 10 tenants: set-up did not start this engine" }],
  },
  goLive: [
    {
      way: "pulumi up",
      existing: 10,
      live: [3, 2, 4],
      ended: [3.5, 2.5, 4.5],
      phases: parts(1, 0.5, 0.25, 0.5, 0.25, 0.5),
    },
    { way: "docker run", existing: 10, live: [1.5], ended: [1.25], phases: undefined },
  ],
  deployments: [
    { action: "preview", existing: 26, seconds: [2, 3], peakMiB: [300, 310], stateBytes: 390_000 },
    { action: "100 more", existing: 0, seconds: [61], peakMiB: [500], stateBytes: 1_500_000 },
  ],
  throughput: [
    { path: "directTls", mode: "simple", clients: 8, runs: [run(10_000), run(20_000)] },
    { path: "traefik", mode: "simple", clients: 8, runs: [run(9000), run(10_000)] },
  ],
  reconnect: [
    { path: "directTls", negotiation: "STARTTLS", clients: 8, runs: [run(100)] },
    { path: "directTls", negotiation: "direct TLS", clients: 8, runs: [run(125)] },
    { path: "traefik", negotiation: "STARTTLS", clients: 8, runs: [run(96)] },
    { path: "haproxy", negotiation: "direct TLS", clients: 8, runs: [run(100)] },
  ],
  density: {
    steps: [
      {
        tenants: 10,
        anonymousMiB: 50,
        sharedMiB: 40,
        cgroupMiB: 300,
        shimMiB: 20,
        engineMiB: 20,
        availableMiB: 160,
        processes: 80,
        answering: 10,
        restartSeconds: 12,
      },
    ],
    limit: { tenants: 10, reason: "memory: 900 MiB are left", reached: true },
  },
  reload: [
    {
      routers: 1000,
      seconds: [0.4, 0.5, 0.6],
      cpuSeconds: [0.2, 0.3, 0.1],
      traffic: { reloads: 100, transactions: 40_000, connections: 5000, errors: 0 },
    },
  ],
  stress: [
    {
      way: "session kept",
      clients: 250,
      requests: 5000,
      average: 12.5,
      least: 1.25,
      most: 100,
      deviation: 10,
      errors: 0,
      perSecond: 10_000,
    },
  ],
};
