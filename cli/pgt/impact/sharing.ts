import { endsSessions } from "../../../components/changeEffects.ts";
import { typeTokens } from "../../../components/names.ts";
import { previousShared } from "../../../components/sharedAdmission.ts";
import { parseSharedFacts, type SharedFacts } from "../../../components/sharedFacts.ts";
import type { SharedTenant } from "../../../tenants/sharedTenant.ts";
import { fieldEffects } from "./fieldEffects.ts";
import type { Previewed, ReasonsById } from "./planned.ts";
import type { PreviewStep } from "./preview.ts";
import type { Reason } from "./reasons.ts";
import { type PoolValues, poolReasons, poolsIn } from "./sharedPoolWords.ts";
import { factReasons } from "./sharedWords.ts";
import { recordIn } from "./words.ts";

/**
 * What a deployment does to each tenant on an instance, by id; nothing for one that stays as it is. Pure.
 * @param onServers what is done to instances, by their own resources.
 */
export function sharingReasons(previewed: Previewed, onServers: ReasonsById): ReasonsById {
  const instances = new Map(previewed.list.servers.map((server) => [server.id, server.state]));
  const listed = [...Map.groupBy(previewed.list.shared, ({ instance }) => instance)].flatMap(([id, tenants]) => {
    const own = onServers.get(id) ?? [];
    const comes = own.some(({ impact }) => impact === "new" || impact === "started");
    const instance = { own, runs: instances.get(id) === "running", runsOn: instances.get(id) === "running" && !comes };
    const steps = stepsOn(id, previewed.steps);
    return tenants.map((tenant) => [tenant.id, reasonsFor(tenant, { instance, steps, previewed })] as const);
  });
  return new Map([...listed, ...leaving(previewed, onServers)]);
}

/** What is known beside a tenant. */
interface Around {
  readonly instance: {
    /** What is done to it. */
    readonly own: readonly Reason[];
    /** Whether it is to run; and whether it did before. */
    readonly runs: boolean;
    readonly runsOn: boolean;
  };
  readonly steps: StepsOn;
  readonly previewed: Previewed;
}

/** The steps in which an instance's tenants are made, as far as they say something of one tenant. */
interface StepsOn {
  readonly facts: readonly [ReadonlyMap<string, SharedFacts>, ReadonlyMap<string, SharedFacts>];
  readonly pools: readonly [ReadonlyMap<string, PoolValues>, ReadonlyMap<string, PoolValues>];
  /** Whether what the server is told changes, and whether a preview sees nothing of what it was told before. */
  readonly isToldOther: boolean;
  readonly isOldHidden: boolean;
  readonly isKeyNew: boolean;
}

function stepsOn(instance: string, steps: readonly PreviewStep[]): StepsOn {
  // By their component as well: a tenant with a server of its own may be called `shared-1-tenants`.
  const isOwn = ({ custom, parent }: PreviewStep) =>
    custom && parent.endsWith(`::${typeTokens.sharedTenants}::${instance}-tenants`);
  const named = (end: string) => steps.find((step) => isOwn(step) && step.name === `${instance}-tenants-${end}`);
  const [sql, pools, key] = [named("sql"), named("pools"), named("key")];
  const [old, young] = [sql?.before, sql?.after].map((state) => recordIn(state?.inputs?.["environment"])["TENANTS"]);
  const isToldOther = sql?.before !== undefined && sql.after !== undefined && sql.properties.includes("stdin");
  return {
    facts: [parseSharedFacts(old), parseSharedFacts(young)],
    pools: [poolsIn(pools?.before?.inputs?.["stdin"]), poolsIn(pools?.after?.inputs?.["stdin"])],
    isToldOther,
    isOldHidden: isToldOther && old === undefined,
    isKeyNew: key?.before !== undefined && key.after !== undefined,
  };
}

function reasonsFor(tenant: SharedTenant, { instance, steps, previewed }: Around): Reason[] {
  const before = previousShared(tenant, previewed.lastShared);
  if (before === undefined) return tenant.state === "removed" ? [] : [comes(tenant)];
  if (tenant.state !== "running" || before.state !== "running") {
    const lost = goesWith(tenant.instance, instance.own);
    if (lost.length > 0) return lost;
  }
  if (tenant.state !== "running") return closed(tenant, before.state);
  if (before.state !== "running")
    return instance.runs ? [{ impact: "started", text: `opened, with its data on ${tenant.instance}` }] : [];
  const above = fromInstance(tenant, instance.own);
  if (!instance.runsOn) return above;
  const { origin } = tenant;
  const facts = { before: steps.facts[0].get(origin), after: steps.facts[1].get(origin) };
  const pool = { before: steps.pools[0].get(origin), after: steps.pools[1].get(origin) };
  const { domain, summaries, ending } = previewed;
  return [
    ...factReasons(facts.before, facts.after),
    ...hiddenReasons(tenant, facts.before, steps),
    ...poolReasons(pool, facts),
    ...fieldEffects({ ...tenant, ...asShared }, domain, summaries, steps.isToldOther),
    ...(steps.isKeyNew && tenant.password === "generated" ? [newKey(tenant)] : []),
    ...above,
    ...ending,
  ];
}

function comes({ instance, isolation }: SharedTenant): Reason {
  const text = `on ${instance}, with a ${isolation} of its own, or the one that is kept there for this id`;
  return { impact: "new", text };
}

/** Fields that a tenant on an instance cannot have. */
const asShared = { tls: "terminate", readOnly: false, allowDdl: true } as const;

function newKey({ instance }: SharedTenant): Reason {
  return { impact: "in place", text: `another password for new logins: the key of ${instance} is made anew` };
}

/** One that does not run, and did. */
function closed({ state, instance }: SharedTenant, before: string | undefined): Reason[] {
  const text = `closed, its data stays on ${instance}`;
  if (state === "removed") return before === "removed" ? [] : [{ impact: "removed", text }];
  return before === "running" ? [{ impact: "stopped", text }] : [];
}

/** What comes to a tenant because its instance starts, restarts or stops, or its pools do. */
function fromInstance({ instance }: SharedTenant, own: readonly Reason[]): Reason[] {
  return own
    .filter(({ impact }) => impact === "started" || endsSessions(impact))
    .map(({ impact, text }) => {
      return { impact: impact === "removed" ? "stopped" : impact, text: `its instance ${instance}: ${text}` };
    });
}

/** What comes to the data of a tenant that does not run, or leaves, because its instance's own is at risk. */
function goesWith(instance: string, own: readonly Reason[]): Reason[] {
  const risks = own.filter(({ impact }) => impact === "data at risk").map(({ text }) => text);
  if (risks.length === 0) return [];
  return [{ impact: "data at risk", text: `goes with its instance ${instance}: ${risks.toSorted().join(", ")}` }];
}

/**
 * What may change of a tenant and is not to be seen. A password in the stack's settings is secret: what explains for one tenant that the server is told
 * something else does not rule out another password of a second one.
 */
function hiddenReasons({ password }: SharedTenant, before: SharedFacts | undefined, steps: StepsOn): Reason[] {
  if (steps.isOldHidden)
    return [{ impact: "in place", text: "limits or password, which the last deployment did not say" }];
  if (!steps.isToldOther || password !== "custom" || before?.password !== "custom") return [];
  return [{ impact: "in place", text: "a password of its own, where the stack's settings have another" }];
}

/** Those whose entry is gone. Nothing on an instance is dropped by a deployment, unless all of the instance is. */
function leaving({ list, lastShared, steps }: Previewed, onServers: ReasonsById): (readonly [string, Reason[]])[] {
  const known = new Set([...list.shared, ...list.beside.shared].flatMap(({ id, formerIds }) => [id, ...formerIds]));
  return steps
    .filter(
      ({ type, name, operation }) => type === typeTokens.sharedTenant && operation === "delete" && !known.has(name),
    )
    .flatMap(({ name }) => {
      const { instance = "its instance", standby } = lastShared.get(name) ?? {};
      // What counts for the tenant is told as that.
      if (standby !== undefined) return [];
      const lost = goesWith(instance, onServers.get(instance) ?? []);
      if (lost.length > 0) return [[name, lost] as const];
      const text = `leaves ${instance}; its data stays there until pgt purge ${name}`;
      return [[name, [{ impact: "removed", text }]] as const];
    });
}
