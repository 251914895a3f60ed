import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Refusal } from "../../../examples/many-tenants/refusal.ts";
import { createService } from "../../../examples/many-tenants/service.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A service whose databases refuse everything with `error`, which may come later; gives its address and what it logs. */
async function serve(error: unknown): Promise<{ url: string; log: string[] }> {
  const log: string[] = [];
  const counts = { tenants: 1, pools: 0, connections: 0, waiting: 0 };
  server = createService({ use: () => (error instanceof Promise ? error : Promise.reject(error)), counts }, (line) =>
    log.push(line),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, log };
}

const acme = { "x-tenant-id": "acme" };
const add = (body: string) => ({ method: "POST", headers: acme, body });

test.each<[string, string, RequestInit, number, string]>([
  ["another path", "/", {}, 404, "expected GET or POST /notes"],
  ["another method", "/notes", { method: "DELETE", headers: acme }, 404, "expected GET or POST /notes"],
  ["no tenant", "/notes", {}, 400, "header x-tenant-id: got none"],
  ["what is no id", "/notes", { headers: { "x-tenant-id": "Acme; DROP" } }, 400, "expected lower case letters"],
  ["no JSON", "/notes", add("{"), 400, "expected JSON such as"],
  ["JSON without a text", "/notes", add("null"), 400, "expected JSON such as"],
  ["what PostgreSQL cannot hold", "/notes", add('{"text":"\\u0000"}'), 400, "expected JSON such as"],
  ["too much", "/notes", add(`{"text":"${"x".repeat(200_000)}"}`), 413, "expected at most 10000 characters"],
])("%s is a mistake of whoever asks, and no database hears of it", async (_, path, request, status, message) => {
  const { url, log } = await serve(new Error("asked a database"));
  const response = await fetch(`${url}${path}`, request);
  expect(response.status).toBe(status);
  expect(await response.json()).toEqual({ error: expect.stringContaining(message) });
  expect(log).toEqual([]);
});

test.each([
  ["unknown", 404, null],
  ["busy", 503, "1"],
  ["unreachable", 503, "1"],
  ["login", 503, "1"],
  ["stopping", 503, "1"],
] as const)("a refusal because of %s is %i, and says whether to come again", async (kind, status, retryAfter) => {
  const { url } = await serve(new Refusal(kind, "tenant acme: in words"));
  const response = await fetch(`${url}/notes`, { headers: acme });
  expect(response.status).toBe(status);
  expect(response.headers.get("retry-after")).toBe(retryAfter);
  expect(await response.json()).toEqual({ error: "tenant acme: in words", kind });
});

const withCode = (code: string) => Object.assign(new Error('duplicate key "5ecret"'), { code });

test.each([
  [withCode("23505"), 500, "the query failed", "23505"],
  [withCode("57P01"), 503, "was lost; whether a change was made is not known", "57P01"],
  [withCode("ECONNRESET"), 503, "was lost", "ECONNRESET"],
  [new Error("Connection terminated unexpectedly"), 503, "was lost", undefined],
  [withCode("57014"), 504, "the query took too long", "57014"],
  [new Error("Query read timeout"), 504, "the query took too long", undefined],
])(
  "of a query that failed (%s) the code is told, not the message: it may quote what a tenant keeps",
  async (error, status, message, code) => {
    const { url, log } = await serve(error);
    const response = await fetch(`${url}/notes`, { headers: acme });
    expect(response.status).toBe(status);
    const body = await response.json();
    expect(body).toEqual({ error: expect.stringContaining(message), ...(code === undefined ? {} : { code }) });
    expect(JSON.stringify(body) + log.join()).not.toContain("5ecret");
    expect(log).toHaveLength(1);
  },
);

test("told to stop, it closes a connection with the answer to what was under way", async () => {
  const waiting = Promise.withResolvers<never>();
  const { url } = await serve(waiting.promise);
  const kept = await fetch(`${url}/health`);
  expect(kept.headers.get("connection")).toBe("keep-alive");
  const answer = fetch(`${url}/notes`, { headers: acme });
  await once(server as Server, "request");
  server?.close();
  waiting.reject(new Error("anything"));
  expect((await answer).headers.get("connection")).toBe("close");
});

test("the health of the service needs no tenant", async () => {
  const { url } = await serve(new Error("asked a database"));
  expect(await (await fetch(`${url}/health`)).json()).toEqual({ tenants: 1, pools: 0, connections: 0, waiting: 0 });
});
