import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { identity, inspect } from "../../e2e/support/engine.ts";
import { recover } from "../../e2e/support/interrupt.ts";
import { countChanges } from "../../e2e/support/previews.ts";
import { outputOf, run } from "../../e2e/support/shell.ts";
import { makeTestStack, type TestStack } from "../../e2e/support/testStack.ts";
import { doctorOn } from "../support/doctor.ts";
import { removeProtected } from "../support/removeProtected.ts";
import { faultTest } from "../support/table.ts";
import { sessionsEnd, underWatch } from "../support/underWatch.ts";

const ids = ["acme", "globex"];
let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(ids, { deletionProtection: "true" });
  await at.stack.up();
});
afterAll(() => removeProtected(at, ids));

/** The operator's own time to run two commands. */
const recoversWithin = 60_000;
const untouched = { recoversWithin: 0 };
const listFile = () => join(at.folder, "tenants.yaml");

async function comesBack(): Promise<void> {
  await recover(at);
  await at.stack.up();
  expect(await countChanges(at, { refresh: true })).toEqual({});
}

faultTest("7", "a tenant's entry deleted by mistake: refused, with the words to write", (report) =>
  underWatch(at, report, { ...untouched, victim: "globex", neighbour: "acme" }, async () => {
    at.list("id: acme");
    try {
      const words = /got a list without "globex".*put back "- id: globex"/s;
      await expect(at.stack.preview()).rejects.toThrow(words);
      await expect(at.stack.up()).rejects.toThrow(words);
    } finally {
      at.list(...ids.map((id) => `id: ${id}`));
    }
    expect(await countChanges(at)).toEqual({});
  }),
);

faultTest("8", "tenants.yaml empty, missing or unreadable: refused", (report) =>
  underWatch(at, report, untouched, async () => {
    const good = readFileSync(listFile(), "utf8");
    try {
      writeFileSync(listFile(), "");
      await expect(at.stack.up()).rejects.toThrow("tenants.yaml");
      rmSync(listFile());
      await expect(at.stack.up()).rejects.toThrow("tenants.yaml");
      writeFileSync(listFile(), Buffer.from([0xff, 0xfe, 0x00]));
      await expect(at.stack.up()).rejects.toThrow("tenants.yaml");
      writeFileSync(listFile(), good.slice(0, good.length / 2));
      await expect(at.stack.up()).rejects.toThrow("tenants.yaml");
    } finally {
      writeFileSync(listFile(), good);
    }
    expect(await countChanges(at)).toEqual({});
  }),
);

faultTest("10", "list in another order, with comments, byte order mark and CRLF: no change", (report) =>
  underWatch(at, report, untouched, async () => {
    const good = readFileSync(listFile(), "utf8");
    try {
      writeFileSync(listFile(), "\ufeff# Customers\r\ntenants:\r\n  - id: globex # second\r\n\r\n  - id: acme\r\n");
      expect(await countChanges(at)).toEqual({});
    } finally {
      writeFileSync(listFile(), good);
    }
  }),
);

faultTest("11", "a tenant's container removed by hand", (report) =>
  underWatch(at, report, { recoversWithin }, async () => {
    await outputOf("docker", ["rm", "--force", at.container("acme")]);
    await comesBack();
  }),
);

faultTest("12", "a tenant's container stopped by hand", (report) =>
  underWatch(at, report, { recoversWithin }, async () => {
    await outputOf("docker", ["stop", at.container("acme")]);
    await at.stack.preview({ refresh: true });
    expect(await inspect(at.container("acme"), "{{.State.Status}}")).toBe("exited");
    await comesBack();
  }),
);

faultTest("12", "the router's container removed by hand", (report) =>
  underWatch(at, report, { recoversWithin, inherent: sessionsEnd }, async () => {
    await outputOf("docker", ["rm", "--force", at.router]);
    await comesBack();
  }),
);

faultTest("13", "a limit taken off by hand, which a preview does not see: doctor tells", (report) =>
  underWatch(at, report, untouched, async () => {
    const limit = await inspect(at.container("acme"), "{{.HostConfig.PidsLimit}}");
    const limitTo = (processes: string) =>
      outputOf("docker", ["update", "--pids-limit", processes, at.container("acme")]);
    try {
      await limitTo("-1");
      expect(await countChanges(at, { refresh: true })).toEqual({});
      expect(await doctorOn(at, "hardening")).toContainEqual(
        expect.objectContaining({ level: "error", found: expect.stringContaining("5.29") }),
      );
    } finally {
      await limitTo(limit);
    }
    expect(await doctorOn(at, "hardening")).toMatchObject([{ level: "ok" }]);
  }),
);

faultTest("M8", "an image that is not on the engine: refused", (report) =>
  underWatch(at, report, untouched, async () => {
    const gone = "localhost/pgtenants/postgres:gone";
    await at.stack.setConfig("postgresImage", { value: gone });
    try {
      await expect(at.stack.up()).rejects.toThrow(gone);
    } finally {
      await at.stack.removeConfig("postgresImage");
    }
    expect(await countChanges(at)).toEqual({});
  }),
);

faultTest(
  "50",
  "a foreign volume, then a foreign container of a new tenant's name: refused, untouched",
  async (report) => {
    const name = at.container("initech");
    const image = await inspect(at.container("acme"), "{{.Config.Image}}");
    try {
      await underWatch(at, report, untouched, async () => {
        at.list(...ids.map((id) => `id: ${id}`), "id: initech");

        await outputOf("docker", ["volume", "create", name]);
        const foreignVolume = await outputOf("docker", ["volume", "inspect", name]);
        await expect(at.stack.up()).rejects.toThrow(`got the volume ${name}, which this stack did not make`);
        expect(await outputOf("docker", ["volume", "inspect", name])).toBe(foreignVolume);
        await outputOf("docker", ["volume", "rm", name]);

        await outputOf("docker", ["run", "--detach", "--name", name, "--entrypoint", "sleep", image, "300"]);
        const foreignContainer = await identity(name);
        await expect(at.stack.up()).rejects.toThrow(`got the container ${name}, which this stack did not make`);
        expect(await identity(name)).toBe(foreignContainer);
      });
    } finally {
      at.list(...ids.map((id) => `id: ${id}`));
      await run("docker", ["rm", "--force", "--volumes", name]);
      await run("docker", ["volume", "rm", name]);
    }
    expect(await countChanges(at)).toEqual({});
  },
);
