import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect } from "vitest";
import { nodeClient } from "../../e2e/support/clients.ts";
import { makeTestStack, type TestStack } from "../../e2e/support/testStack.ts";
import { type Authority, giveAuthority } from "../support/certificateFiles.ts";
import { doctorOn } from "../support/doctor.ts";
import { faultTest } from "../support/table.ts";
import { underWatch, uriOf } from "../support/underWatch.ts";

let at: TestStack;
let authority: Authority;

beforeAll(async () => {
  at = await makeTestStack([]);
  authority = await giveAuthority(at);
  at.list("id: acme", "id: globex");
  await at.stack.up();
});
afterAll(() => at?.remove());

const servedFor = 60_000;

faultTest(
  "28",
  "certificate expires while it is served: sessions stay, new ones are told why, doctor warned",
  (report) =>
    underWatch(at, report, { inherent: /certificate has expired/, recoversWithin: 0 }, async () => {
      const end = new Date(Date.now() + servedFor);
      await authority.renew(end);
      await at.stack.up();
      expect(await doctorOn(at, "certificate")).toMatchObject([{ level: "warning" }]);

      await sleep(end.getTime() - Date.now() + 1000);
      await expect(nodeClient(await uriOf(at, "acme"))).rejects.toThrow("certificate has expired");
      expect(await doctorOn(at, "certificate")).toMatchObject([{ level: "error" }]);
      // Somebody may have to be shut off now, so the next deployment does not hang on the renewal.
      const { stdout } = await at.stack.up();
      expect(stdout).toContain("expected one that is valid now; renew it. It is the one that is served already");

      await authority.renew();
      await at.stack.up();
    }),
  240,
);
