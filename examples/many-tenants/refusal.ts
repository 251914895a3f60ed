/**
 * Why a request gets no answer from its tenant's database:
 * - `unknown`: there is no such tenant.
 * - `busy`: no connection became free in time, or too many requests wait already.
 * - `unreachable`: the tenant's server did not take a connection: it is stopped, closed, or not there.
 * - `login`: the server refuses the credentials, and the sealed file has no newer ones.
 * - `stopping`: the service is about to end.
 */
export type RefusalKind = "unknown" | "busy" | "unreachable" | "login" | "stopping";

/** A request that is not answered from a database. The message is for whoever asked: it holds no address and no credentials. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
