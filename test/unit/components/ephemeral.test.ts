import { describe, expect, test } from "vitest";
import { endOf, hasExpired, madeToStay, overKeptData } from "../../../components/ephemeral.ts";
import type { LastTenant } from "../../../components/lastDeployment.ts";
import { stackNames } from "../../../components/names.ts";
import { refusals } from "../../../components/transitions.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { lastTenant, tenant } from "../../support/tenants.ts";

const now = new Date("2026-11-22T12:00:00Z");
const trial = tenant({ id: "trial", lifeSeconds: 3600 });
const until = "2026-11-22T11:30:00.000Z";
const transition = (listed: readonly Tenant[], last: Record<string, LastTenant>) => ({
  listed,
  last: new Map(Object.entries(last)),
  names: stackNames("dev"),
  tenantsFile: "tenants.yaml",
  deletionProtection: true,
  now,
});

describe("the end of a tenant", () => {
  test.each<[string, Tenant, Record<string, LastTenant>, string | undefined, boolean]>([
    ["one that stays has none", tenant(), {}, undefined, false],
    ["of a new one is a life away", trial, {}, "2026-11-22T13:00:00.000Z", false],
    ["stays what it was, whatever the entry says later", trial, { trial: lastTenant({ until }) }, until, true],
    ["is over at its very moment", trial, { trial: lastTenant({ until: now.toISOString() }) }, now.toISOString(), true],
    [
      "goes where the entry has none any more",
      tenant({ id: "trial" }),
      { trial: lastTenant({ until }) },
      undefined,
      false,
    ],
  ])("%s", (_, one, last, end, expired) => {
    const { last: deployed } = transition([], last);
    expect(endOf(one, deployed, now)).toBe(end);
    expect(hasExpired(one, deployed, now)).toBe(expired);
  });
});

describe("data that is to stay", () => {
  test("is not deleted with a tenant that was made to stay: it cannot become ephemeral", () => {
    const volume = "pgtenants-dev.trial";
    expect(madeToStay(transition([trial], { trial: lastTenant({ volume }) }))[0]).toContain(
      'tenants.yaml: "trial": got ephemeral for a tenant that was made to stay',
    );
    expect(madeToStay(transition([trial], { trial: lastTenant({ volume, until }) }))).toEqual([]);
    expect(madeToStay(transition([trial], {}))).toEqual([]);
  });

  test.each([["pgtenants-dev.trial"], ["pgtenants-dev.trial_backups"]])("is not taken over: %s", (volume) => {
    const found = overKeptData(transition([trial], {}), new Set([volume]));
    expect(found).toEqual([expect.stringContaining(`on the engine ${volume}, kept of one that had this id`)]);
    expect(found[0]).toContain("pgt purge trial");
  });

  test("its own is nobody else's", () => {
    const deployed = transition([trial], { trial: lastTenant({ volume: "pgtenants-dev.trial", until }) });
    expect(overKeptData(deployed, new Set(["pgtenants-dev.trial"]))).toEqual([]);
    expect(overKeptData(transition([tenant()], {}), new Set(["pgtenants-dev.acme"]))).toEqual([]);
  });
});

test("only a tenant that goes by itself may vanish from the file", () => {
  expect(refusals(transition([tenant()], { acme: lastTenant(), trial: lastTenant({ until }) }))).toEqual([]);
  expect(refusals(transition([tenant()], { acme: lastTenant(), trial: lastTenant() }))).toHaveLength(1);
});
