import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect } from "vitest";
import { nodeClient } from "../../e2e/support/clients.ts";
import { identity } from "../../e2e/support/engine.ts";
import { countChanges } from "../../e2e/support/previews.ts";
import { outputOf } from "../../e2e/support/shell.ts";
import { makeTestStack, type TestStack } from "../../e2e/support/testStack.ts";
import { selfSigned } from "../../support/certificates.ts";
import { giveAuthority, putCertificate } from "../support/certificateFiles.ts";
import { gather } from "../support/crowd.ts";
import { doctorOn } from "../support/doctor.ts";
import { readRoutes, spoilRoutes, writeRoutesAgain } from "../support/routerFiles.ts";
import { faultTest } from "../support/table.ts";
import { sessionsEnd, underWatch, uriOf } from "../support/underWatch.ts";

/** Room for half of the crowd, and for the clients that watch. */
const entries = ["acme", "globex"].map((id) => `{ id: ${id}, maxConnections: 110 }`);
const crowdSize = 200;
let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack([]);
  await giveAuthority(at);
  at.list(...entries);
  await at.stack.up();
});
afterAll(() => at?.remove());

const gatherAll = async () => gather([await uriOf(at, "acme"), await uriOf(at, "globex")], crowdSize);

faultTest("26", "a tenant added and removed with 200 clients on others", async (report) => {
  const crowd = await gatherAll();
  try {
    await underWatch(at, report, { recoversWithin: 0 }, async () => {
      at.list(...entries, "id: initech");
      await at.stack.up();
      at.list(...entries, `{ id: initech, state: removed, confirm: initech ${new Date().toISOString().slice(0, 10)} }`);
      await at.stack.up();
      at.list(...entries);
      await at.stack.up();
    });
    await crowd.ask();
    expect(crowd.dropped()).toBe(0);
  } finally {
    await crowd.leave();
  }
});

/** Lets a test spoil the routes; a deployment writes them again in the end. */
async function withSpoiltRoutes(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } finally {
    await writeRoutesAgain(at);
  }
  expect(await doctorOn(at, "routes")).toMatchObject([{ level: "ok" }]);
  expect(await countChanges(at, { refresh: true })).toEqual({});
}

/** Longer than a running router takes to work by a file. */
const takenOver = 1500;

faultTest("27", "dynamic.yml with a mistake by hand: the last good one holds, and doctor tells", async (report) => {
  const good = await readRoutes(at);
  await withSpoiltRoutes(() =>
    underWatch(at, report, { recoversWithin: 0 }, async () => {
      for (const text of ["tcp: [", `${good}\n  - one\n`, `${good}\n{{ nothing }}\n`]) {
        await spoilRoutes(at, text);
        await sleep(takenOver);
      }
      expect(await doctorOn(at, "routes")).toMatchObject([{ level: "error" }]);
    }),
  );
});

// To Traefik these are good files without the routes: hence the care with which a deployment writes its file.
faultTest("27", "dynamic.yml emptied or cut by hand: sessions stay, nobody comes in, doctor tells", async (report) => {
  const good = await readRoutes(at);
  await withSpoiltRoutes(() =>
    underWatch(at, report, { inherent: notRouted, recoversWithin: 0 }, async () => {
      for (const text of ["", good.slice(0, good.indexOf("entryPoints"))]) {
        await spoilRoutes(at, text);
        await sleep(takenOver);
        await expect(nodeClient(await uriOf(at, "globex"))).rejects.toThrow(notRouted);
        expect(await doctorOn(at, "routes")).toMatchObject([{ level: "error" }]);
      }
      await writeRoutesAgain(at);
    }),
  );
});

faultTest("27", "router restarted on a spoilt dynamic.yml: nobody comes in, doctor tells", (report) =>
  withSpoiltRoutes(() =>
    underWatch(at, report, { inherent: sessionsEnd, recoversWithin: 60_000 }, async () => {
      await spoilRoutes(at, "tcp: [");
      await outputOf("docker", ["restart", at.router]);
      await expect(nodeClient(await uriOf(at, "globex"))).rejects.toThrow(notRouted);
      expect(await doctorOn(at, "routes")).toMatchObject([{ level: "error" }]);
      await writeRoutesAgain(at);
    }),
  ),
);

/** What a client says whose server name no route is for. */
const notRouted = /before secure TLS connection|ECONNRESET/;

faultTest(
  "28",
  "certificate expired, not yet valid, for other names, or with another's key: refused",
  async (report) => {
    const names = [`*.${at.domain}`];
    const one = await selfSigned(names);
    const unfit = [
      [await selfSigned(names, -30, 29), "expected one that is valid now"],
      [await selfSigned(names, 1, 30), "expected one that is valid now"],
      [await selfSigned(["*.elsewhere.example"]), `expected one for *.${at.domain}`],
      [{ chain: one.chain, key: (await selfSigned(names)).key }, "got a key of another certificate"],
    ] as const;
    const kept = { certificate: read("fullchain.pem"), key: read("privkey.pem") };
    const before = await identity(at.router);
    try {
      await underWatch(at, report, { recoversWithin: 0 }, async () => {
        for (const [{ chain, key }, message] of unfit) {
          putCertificate(at, { certificate: chain, key });
          await expect(at.stack.up()).rejects.toThrow(message);
        }
      });
    } finally {
      putCertificate(at, kept);
    }
    expect(await identity(at.router)).toBe(before);
    expect(await countChanges(at)).toEqual({});
  },
);

const read = (name: string) => readFileSync(join(at.folder, name), "utf8");
