import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { connectFrom } from "./clients.ts";
import { sslRequest } from "./tlsClients.ts";

// PostgreSQL's protocol by hand, for what no driver would send.

/** A connection by the router that says nothing by itself. */
export interface Wire {
  readonly send: (...packets: readonly Buffer[]) => void;
  /** The next message; undefined when the other side has closed, or said nothing for `milliseconds`. */
  readonly next: (milliseconds?: number) => Promise<Message | undefined>;
  /** All messages until the other side closes, or says nothing for a second. */
  readonly rest: () => Promise<readonly Message[]>;
  readonly close: () => void;
}

interface Message {
  /** One letter. */
  readonly type: string;
  readonly body: Buffer;
}

/** Opens a connection with TLS to the host that the router is to route by. */
export async function openWire(port: number, host: string): Promise<Wire> {
  const plain = connectFrom({}, port);
  plain.on("error", () => undefined);
  await once(plain, "connect");
  plain.write(sslRequest);
  await once(plain, "data");
  const socket = connect({ socket: plain, servername: host, rejectUnauthorized: false, ALPNProtocols: ["postgresql"] });
  await once(socket, "secureConnect");
  return wireOver(socket);
}

function wireOver(socket: TLSSocket): Wire {
  let [received, isOver] = [Buffer.alloc(0), false];
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    isOver = true;
  });
  const take = (): Message | undefined => {
    if (received.length < 5 || received.length < 1 + received.readInt32BE(1)) return undefined;
    const end = 1 + received.readInt32BE(1);
    const message = { type: received.toString("latin1", 0, 1), body: received.subarray(5, end) };
    received = received.subarray(end);
    return message;
  };
  const next = async (milliseconds = 1000) => {
    const deadline = Date.now() + milliseconds;
    for (;;) {
      const message = take();
      if (message !== undefined || isOver || Date.now() > deadline) return message;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return {
    send: (...packets) => socket.write(Buffer.concat(packets)),
    next,
    rest: async () => {
      const messages: Message[] = [];
      for (let message = await next(); message !== undefined; message = await next()) messages.push(message);
      return messages;
    },
    close: () => socket.destroy(),
  };
}

/** What a client begins with. */
export function startup(parameters: Readonly<Record<string, string>>): Buffer {
  const text = Object.entries(parameters).flat();
  const body = Buffer.concat([int32(196_608), Buffer.from(`${text.join("\0")}\0\0`)]);
  return Buffer.concat([int32(body.length + 4), body]);
}

/** A request to cancel what another connection runs. */
export function cancelRequest(processId: number, key: number): Buffer {
  return Buffer.concat([int32(16), int32(80_877_102), int32(processId), int32(key)]);
}

/** A message by its letter. @param length what it says that its length is, where that is not so. */
export function message(type: string, body: Buffer, length = body.length + 4): Buffer {
  return Buffer.concat([Buffer.from(type), uint32(length), body]);
}

/** A login by SCRAM-SHA-256: the client's two messages. */
export function scram(password: string) {
  const bare = `n=,r=${randomBytes(18).toString("base64")}`;
  const first = Buffer.from(`n,,${bare}`);
  return {
    initial: message("p", Buffer.concat([Buffer.from("SCRAM-SHA-256\0"), int32(first.length), first])),
    /** @param serverFirst what the server answered. */
    final: (serverFirst: string): Buffer => {
      const [, nonce = "", salt = "", rounds = ""] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? [];
      const withoutProof = `c=biws,r=${nonce}`;
      const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), Number(rounds), 32, "sha256");
      const clientKey = createHmac("sha256", salted).update("Client Key").digest();
      const storedKey = createHash("sha256").update(clientKey).digest();
      const signed = createHmac("sha256", storedKey).update(`${bare},${serverFirst},${withoutProof}`).digest();
      const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signed[at] ?? 0))).toString("base64");
      return message("p", Buffer.from(`${withoutProof},p=${proof}`));
    },
  };
}

/** What an answer to a login is: `R` with 0 is that it is let in. */
export function isLetIn(messages: readonly Message[]): boolean {
  return messages.some(({ type, body }) => type === "R" && body.length === 4 && body.readInt32BE(0) === 0);
}

/** The text of the first error among messages. */
export function errorIn(messages: readonly Message[]): string | undefined {
  const error = messages.find(({ type }) => type === "E");
  return error?.body
    .toString()
    .split("\0")
    .find((field) => field.startsWith("M"))
    ?.slice(1);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
