import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect } from "vitest";
import { volumeFolder } from "../../components/staticConfig.ts";
import { outputOf, run } from "../e2e/support/shell.ts";
import { makeTestStack, type TestStack } from "../e2e/support/testStack.ts";
import { type Authority, giveAuthority } from "./support/certificateFiles.ts";
import { gather } from "./support/crowd.ts";
import { asWriter, readRoutes } from "./support/routerFiles.ts";
import { faultTest } from "./support/table.ts";
import { sessionsEnd, underWatch, uriOf } from "./support/underWatch.ts";

/** Room for half of the crowd, and for the clients that watch. */
const entries = ["acme", "globex"].map((id) => `{ id: ${id}, maxConnections: 110 }`);
const crowdSize = 200;
let at: TestStack;
let authority: Authority;

beforeAll(async () => {
  at = await makeTestStack([]);
  authority = await giveAuthority(at);
  at.list(...entries);
  await at.stack.up();
});
afterAll(() => at?.remove());

const gatherAll = async () => gather([await uriOf(at, "acme"), await uriOf(at, "globex")], crowdSize);

faultTest("25", "router restarted with 200 clients", async (report) => {
  const crowd = await gatherAll();
  await underWatch(at, report, { inherent: sessionsEnd, recoversWithin: 5000 }, async () => {
    await outputOf("docker", ["restart", at.router]);
    await expect.poll(crowd.dropped).toBe(crowdSize);
    await (await gatherAll()).leave();
  });
});

/** Lets a deployment's writer get half of the routes, and then ends something of it; the routes must be as they were. */
async function cutWriterOff(end: (client: ChildProcess) => Promise<unknown>): Promise<void> {
  const good = await readRoutes(at);
  const file = ["routes/dynamic.yml", String(Buffer.byteLength(good))];
  const program = asWriter(at, "/usr/local/lib/pgtenants/write-file.sh", ...file);
  const client = spawn("docker", program, { stdio: ["pipe", "ignore", "ignore"] });
  const closed = once(client, "close");
  client.stdin.on("error", () => undefined).write(good.slice(0, good.length / 2));
  const part = ["exec", at.router, "cat", `${volumeFolder}/routes/.dynamic.yml.part`];
  await expect.poll(async () => (await run("docker", part)).stdout, { timeout: 10_000 }).toContain("tcp:");
  await end(client);
  await closed;
  await expect.poll(async () => (await run("docker", asWriter(at, "sh", "-c", writers))).stdout).toBe("");
  expect(await readRoutes(at)).toBe(good);
}

/** The processes in the router's container that write a file. */
const writers = "grep -ls '[w]rite-file' /proc/[0-9]*/cmdline | cut -d/ -f3";

faultTest("27", "writer of dynamic.yml cut off half-way: the file is as it was", (report) =>
  underWatch(at, report, { recoversWithin: 0 }, async () => {
    await cutWriterOff(() => outputOf("docker", asWriter(at, "sh", "-c", `kill -9 $(${writers})`)));
    // The engine tells the program in the container that its input has ended.
    await cutWriterOff(async (client) => client.kill("SIGKILL"));
  }),
);

faultTest("29", "certificate renewed in place: sessions stay, new ones see it", (report) =>
  underWatch(at, report, { recoversWithin: 0 }, async () => {
    const before = await servedCertificate();
    await authority.renew();
    await at.stack.up();
    await expect.poll(servedCertificate, { timeout: 5000 }).not.toBe(before);
  }),
);

/** The fingerprint of what a client is shown, who starts TLS at once. */
function servedCertificate(): Promise<string> {
  const servername = `acme.${at.domain}`;
  const ca = readFileSync(join(at.folder, "authority.crt"));
  return new Promise((resolve, reject) => {
    const socket = connect({ port: at.port, host: "127.0.0.1", servername, ca, ALPNProtocols: ["postgresql"] }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once("error", reject);
  });
}
