/** How much the service takes, at most. All are held at every moment, also while something is being opened or closed. */
export interface Bounds {
  /** Pools, those that are being ended included. */
  readonly pools: number;
  /** Connections of all pools together, those that are being opened or closed included. */
  readonly connections: number;
  /** Connections of one tenant in use. */
  readonly connectionsPerTenant: number;
  /** Requests that wait for one tenant; one more is refused at once. */
  readonly waitingPerTenant: number;
  /** Milliseconds that a request waits for a connection; connecting has a time of its own. */
  readonly waitMs: number;
  /** Milliseconds after which a pool that nobody uses is ended. */
  readonly idleMs: number;
}
