import { Agent, request as open } from "node:http";
import type { StressRow } from "../../bench/render/traffic.ts";
import { spread } from "../../bench/support/statistics.ts";

/** What is asked of the service. */
export interface Load {
  readonly url: URL;
  readonly tenants: readonly string[];
  readonly requests: number;
  /** Each waits for its answer before it asks again, and keeps its connection. */
  readonly clients: number;
}

/** What came of it. */
export interface Outcome extends Omit<StressRow, "name"> {
  /** What went wrong, to how often. */
  readonly reasons: ReadonlyMap<string, number>;
}

/** Milliseconds after which a request counts as an error. */
const patience = 60_000;

/** Of so many requests one adds a note, the others read the newest ones. */
const readsPerWrite = 9;

/** Sends the requests, spread evenly over the tenants, from all clients at once. @throws Error where none was answered. */
export async function runLoad({ url, tenants, requests, clients }: Load): Promise<Outcome> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const times: number[] = [];
  const reasons = new Map<string, number>();
  let next = 0;
  const client = async () => {
    while (next < requests) {
      const number = next;
      next += 1;
      const begun = performance.now();
      const reason = await ask(agent, url, tenants[number % tenants.length] ?? "", isWrite(number, tenants.length));
      if (reason === undefined) times.push(performance.now() - begun);
      else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - begun) / 1000;
  agent.destroy();
  if (times.length === 0) throw new Error(`no request was answered: ${[...reasons.keys()].join("; ")}`);
  const errors = requests - times.length;
  return { requests, clients, ...spread(times), errors, perSecond: times.length / seconds, reasons };
}

/** Every tenant is written to as often as the others. */
function isWrite(number: number, tenants: number): boolean {
  return Math.floor(number / tenants) % (readsPerWrite + 1) === 0;
}

/** One request; gives what went wrong, undefined where nothing did. */
function ask(agent: Agent, url: URL, tenant: string, write: boolean): Promise<string | undefined> {
  const [method, expected] = write ? (["POST", 201] as const) : (["GET", 200] as const);
  return new Promise((resolve) => {
    const headers = { "x-tenant-id": tenant, ...(write ? { "content-type": "application/json" } : {}) };
    const request = open(new URL("/notes", url), { agent, method, headers, timeout: patience }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => {
        resolve(response.statusCode === expected ? undefined : `${response.statusCode} ${body.trim()}`);
      });
      response.on("error", ({ message }) => resolve(message));
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${patience} ms`)));
    request.on("error", ({ message }) => resolve(message));
    request.end(write ? JSON.stringify({ text: "a note of the stress run" }) : undefined);
  });
}
