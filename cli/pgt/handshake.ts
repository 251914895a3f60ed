import { X509Certificate } from "node:crypto";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { messageOf } from "../operatorError.ts";

/** What a server answered to a PostgreSQL client's TLS handshake. */
export interface Handshake {
  readonly certificate: X509Certificate;
  /** Why the certificate is not trusted; undefined when it is, for this host name. */
  readonly distrust: string | undefined;
  /** The protocol that was agreed on (ALPN); undefined for none. */
  readonly alpn: string | undefined;
}

const answerLimit = 5000;

/** The first message of a client that wants TLS: its length, 8, and the code 1234 5679. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Does what psql does before it logs in: asks for TLS, and shakes hands with the host's name. Says no more.
 * @param address where to connect. @param ca PEM; undefined for the public ones. @throws Error with what went wrong.
 */
export async function shakeHands(
  address: string,
  port: number,
  host: string,
  ca: string | undefined,
): Promise<Handshake> {
  const socket = connect({ host: address, port });
  socket.setTimeout(answerLimit, () => socket.destroy(new Error(`no answer within ${answerLimit / 1000} s`)));
  try {
    await askForTls(socket);
    return await secured(socket, host, ca);
  } finally {
    socket.destroy();
  }
}

function askForTls(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the connection was closed before TLS")));
    socket.once("connect", () => socket.write(sslRequest));
    socket.once("data", (answer) =>
      answer.toString("latin1") === "S"
        ? resolve()
        : reject(new Error("what listens there does not offer TLS to PostgreSQL clients")),
    );
  });
}

function secured(socket: Socket, host: string, ca: string | undefined): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    socket
      .removeAllListeners("close")
      .once("close", () => reject(new Error("the connection was closed in the TLS handshake")));
    const trust = ca === undefined ? {} : { ca };
    const secure = connectTls({
      socket,
      servername: host,
      ALPNProtocols: ["postgresql"],
      rejectUnauthorized: false,
      ...trust,
    });
    secure.once("error", reject);
    secure.once("secureConnect", () => {
      const { raw } = secure.getPeerCertificate();
      const error: unknown = secure.authorizationError;
      resolve({
        certificate: new X509Certificate(raw),
        distrust: secure.authorized ? undefined : messageOf(error),
        alpn: typeof secure.alpnProtocol === "string" ? secure.alpnProtocol : undefined,
      });
    });
  });
}
