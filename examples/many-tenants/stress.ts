// The published stress, on the service: pulumi stack output tenants --json | node examples/many-tenants/stress.ts [--limit <stack>]
import { json } from "node:stream/consumers";
import { parseArgs } from "node:util";
import * as z from "zod";
import { stressTable } from "../../bench/render/traffic.ts";
import { withLimits } from "./limits.ts";
import { runLoad } from "./load.ts";

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8080" },
    requests: { type: "string", default: "5000" },
    clients: { type: "string", default: "250" },
    limit: { type: "string" },
  },
});
const listed = z.record(z.string(), z.object({ state: z.string(), access: z.object({ enabled: z.boolean() }) }));
const tenants = Object.entries(listed.parse(await json(process.stdin)))
  .filter(([, { state, access }]) => state === "running" && access.enabled)
  .map(([id]) => id);
if (tenants.length === 0) throw new Error("standard input: got no tenant that is running and open to clients");
const load = {
  url: new URL(values.url),
  tenants,
  requests: z.coerce.number().int().positive().parse(values.requests),
  clients: z.coerce.number().int().positive().parse(values.clients),
};

const run = async (limits: string) => ({ limits, outcome: await runLoad(load) });
const { limits, outcome } = await (values.limit === undefined ? run("no limits") : withLimits(values.limit, run));
console.log(
  `Limited: ${limits}. Not limited: the service, its clients, Traefik, connection pools. Times in milliseconds.\n`,
);
console.log(stressTable([{ name: `this service, HTTP, ${tenants.length} tenants`, ...outcome }]));
for (const [reason, count] of outcome.reasons) console.error(`${count} times: ${reason}`);
process.exitCode = outcome.errors === 0 ? 0 : 1;
