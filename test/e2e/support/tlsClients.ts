import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect, type PeerCertificate } from "node:tls";
import { connectFrom, type Origin } from "./clients.ts";

/** How a PostgreSQL client asks for TLS before it begins it. */
export const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

const options = (host: string) => ({ servername: host, ALPNProtocols: ["postgresql"], rejectUnauthorized: false });

/** The certificate that a client sees which begins TLS at once. @throws Error when no TLS session comes about. */
export function certificateSeen(port: number, host: string, origin: Origin = {}): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const client = connect({ socket: connectFrom(origin, port), ...options(host) }, () => {
      resolve(client.getPeerCertificate());
      client.destroy();
    });
    client.setTimeout(10_000, () => client.destroy(new Error("no answer within 10 s")));
    client.on("error", reject);
    client.on("close", () => reject(new Error("closed before TLS stood")));
  });
}

/** A ClientHello for this server name, as bytes. */
export function clientHello(host: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const sink = new Duplex({ read: () => undefined, write: (chunk: Buffer) => resolve(chunk) });
    connect({ socket: sink, ...options(host) }).on("error", () => undefined);
  });
}

/** A client that writes the given pieces, one every `pause` milliseconds, and then keeps silent. */
export interface SilentClient {
  /** Milliseconds from its connection to the other side's end of it; undefined while that lasts. */
  readonly closedAfter: () => number | undefined;
  /** Done when the other side has closed. */
  readonly closed: Promise<unknown>;
  readonly destroy: () => void;
}

export function silentClient(port: number, pieces: readonly Buffer[], origin: Origin = {}, pause = 0): SilentClient {
  const begin = performance.now();
  let closedAfter: number | undefined;
  const socket = connectFrom(origin, port).on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve)).then(() => {
    closedAfter = performance.now() - begin;
  });
  socket.resume();
  socket.once("connect", () => writeSlowly(socket, pieces, pause));
  return { closedAfter: () => closedAfter, closed, destroy: () => socket.destroy() };
}

function writeSlowly(socket: Socket, [first, ...rest]: readonly Buffer[], pause: number): void {
  if (first === undefined || socket.destroyed) return;
  socket.write(first);
  setTimeout(() => writeSlowly(socket, rest, pause), pause);
}
