import type { ContainerKind } from "./container.ts";

/** A finding that is meant to be. */
export interface Exception {
  /** The benchmark's item. */
  readonly id: string;
  readonly kind: ContainerKind;
  readonly reason: string;
}

/** Every exception to the benchmark. One that no container needs any more must go: a test looks for it. */
export const exceptions: readonly Exception[] = [
  {
    id: "5.10",
    kind: "router",
    reason:
      "clients keep their addresses up to the router, and a new tenant needs no change of its networks; it has no capability, so it can do nothing to the host's network but open connections",
  },
  { id: "5.10", kind: "trial", reason: "it must listen where the router is going to" },
  {
    id: "5.10",
    kind: "client",
    reason: "it must reach the router where the operator's own programs do, on loopback as well",
  },
  { id: "5.15", kind: "tenant", reason: "a database must not stay down after its fifth crash" },
  { id: "5.15", kind: "router", reason: "without it every tenant is out of reach" },
  { id: "5.15", kind: "copier", reason: "backups must not stay on one machine after its fifth crash" },
  { id: "5.15", kind: "pooler", reason: "its tenant's clients must not stay outside after its fifth crash" },
  {
    id: "5.27",
    kind: "tenant",
    reason:
      "each check is a process in the container and costs 70 ms of CPU time (measured), three quarters of a core at 300 tenants and one check in 30 s, and nothing acts on it; pgt status and pgt doctor ask each tenant through the router",
  },
  {
    id: "5.27",
    kind: "router",
    reason: "nothing acts on it; a deployment waits for the listener, and pgt status connects through it",
  },
  { id: "5.27", kind: "copier", reason: "nothing acts on it; pgt offsite says how late the copies are" },
  {
    id: "5.27",
    kind: "pooler",
    reason: "nothing acts on it; PgBouncer is started again inside the container, and pgt pooler asks it",
  },
  { id: "5.27", kind: "trial", reason: "it is gone within a second, and its exit code is what counts" },
  { id: "5.27", kind: "client", reason: "it is gone with the operator's session" },
];
