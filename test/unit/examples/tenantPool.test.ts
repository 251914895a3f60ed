import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { openTenantPool } from "../../../examples/many-tenants/tenantPool.ts";

const settings = { size: 2, idleMs: 1000, connectMs: 200, queryMs: 1000, closeMs: 200 };
let server: Server | undefined;
const accepted: Socket[] = [];
afterEach(() => {
  for (const socket of accepted.splice(0)) socket.destroy();
  server?.close();
});

/** A server that does this with each connection, and a pool for it; `host` is in no DNS. */
async function poolFor(serve: (socket: Socket) => void) {
  server = createServer((socket) => {
    accepted.push(socket.on("error", () => undefined));
    serve(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let closed = 0;
  const login = { uri: `postgresql://acme:5ecret@acme.nowhere.invalid:${port}/acme`, address: "127.0.0.1" };
  const pool = openTenantPool(login, settings, () => {
    closed += 1;
  });
  return { pool, closed: () => closed };
}

/** Authentication is over, and the server is ready for a query, in PostgreSQL's protocol. */
const ready = Buffer.from([..."R\0\0\0\x08\0\0\0\0", ..."Z\0\0\0\x05I"].map((mark) => mark.charCodeAt(0)));

test("connects to the login's address, counts what is open, and hears when it is closed", async () => {
  const { pool, closed } = await poolFor((socket) => socket.once("data", () => socket.write(ready)));
  const [one, other] = await Promise.all([pool.take(), pool.take()]);
  expect({ open: pool.open, usable: pool.usable }).toEqual({ open: 2, usable: 2 });
  one.giveBack(true);
  expect(pool.usable).toBe(1);
  other.giveBack(false);
  await expect.poll(() => pool.open).toBe(1);
  expect(closed()).toBe(1);
  const again = await pool.take();
  expect(again.client).toBe(other.client);
  again.giveBack(false);
  pool.closeIdle();
  expect(pool.usable).toBe(0);
  await expect.poll(() => pool.open).toBe(0);
  await pool.end();
});

test("lives on when its server ends a session, used or not, and does not end the process", async () => {
  const { pool } = await poolFor((socket) => socket.once("data", () => socket.write(ready)));
  const [used, idle] = await Promise.all([pool.take(), pool.take()]);
  idle.giveBack(false);
  for (const socket of accepted) socket.resetAndDestroy();
  await expect.poll(() => pool.open).toBe(0);
  await expect(used.client.query("SELECT 1")).rejects.toThrow();
  used.giveBack(true);
  expect(pool.usable).toBe(0);
  const next = await pool.take();
  next.giveBack(false);
  await pool.end();
  expect(pool.open).toBe(0);
});

test.each<[string, (socket: Socket) => void]>([
  ["closes at once, as the router does where there is no route", (socket) => socket.destroy()],
  ["never answers", () => undefined],
])("gives up on a server that %s, and holds nothing of it", async (_, serve) => {
  const { pool } = await poolFor(serve);
  const begun = performance.now();
  await expect(pool.take()).rejects.toThrow(/Connection terminated|ECONNRESET/);
  expect(performance.now() - begun).toBeLessThan(settings.connectMs + 300);
  await expect.poll(() => pool.open).toBe(0);
  await pool.end();
});

test("ends also where the server does not close its side", async () => {
  const { pool } = await poolFor((socket) => {
    socket.once("data", () => socket.write(ready));
    // Reads no more, and so never sees the end.
    setTimeout(() => socket.pause(), 50);
  });
  (await pool.take()).giveBack(false);
  await sleep(60);
  await pool.end();
  expect(pool.open).toBe(0);
});
