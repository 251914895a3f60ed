import { tenantHost } from "../../../components/names.ts";
import { tenantsIn } from "../../../components/readLastDeployment.ts";
import { messageOf, OperatorError } from "../../operatorError.ts";
import type { StackOutputs } from "../../stackOutputs.ts";
import { readState } from "../../state.ts";
import { tryHandshake } from "../certificate.ts";
import type { Context } from "../context.ts";
import { gatewayFinding, hardeningFindings } from "../doctor/confinement.ts";
import { diskGuardFindings } from "../doctor/diskGuard.ts";
import { dnsFinding } from "../doctor/dns.ts";
import { describeEngine, type EngineDescription, judgeEngine } from "../doctor/engine.ts";
import { bridgeFilterFinding, clockFinding, diskFinding } from "../doctor/host.ts";
import { judgeKernel } from "../doctor/kernel.ts";
import { leftoverFinding, lockFinding } from "../doctor/leftovers.ts";
import { judgeHandshake, portFinding } from "../doctor/router.ts";
import { routesFinding } from "../doctor/routes.ts";
import { containersOf } from "../engine.ts";
import type { Paint } from "../events.ts";
import { forOperator } from "../failures.ts";
import { error, type Finding } from "../finding.ts";
import { readOutputs } from "../outputs.ts";
import { knownShared, knownTenants, listedTenants } from "../tenants.ts";

type Check = () => Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>;

/** Looks for what is wrong around the tenants: this machine, its engine, the router, names and certificate. Changes nothing. */
export async function doctor(context: Context): Promise<0 | 1 | 2> {
  const findings = [
    ...(await every({ clock: clockFinding, br_netfilter: bridgeFilterFinding })),
    ...(await engineAndStack(context)),
  ];
  const code = worstOf(findings);
  const document = { status: ["healthy", "degraded", "error"][code], findings };
  context.answer(renderFindings(findings, context.paint), document);
  return code;
}

/** Without an engine, or a deployed stack, the rest would say the same again and again. */
async function engineAndStack(context: Context): Promise<Finding[]> {
  const { config, stack } = context;
  const engine = attempt("engine", describeEngine);
  if (!engine.done) return [engine.finding];
  const onMachine = [...judgeEngine(engine.value), judgeKernel(engine.value), diskFinding(engine.value.DockerRootDir)];
  const locks = await every({ lock: () => lockFinding(config, stack), state: () => leftoverFinding(config, stack) });
  const outputs = attempt("stack", () => readOutputs(context));
  const aboutStack = outputs.done ? await aboutDeployed(context, outputs.value, engine.value) : [outputs.finding];
  return [...onMachine, ...locks, ...aboutStack];
}

function aboutDeployed(context: Context, outputs: StackOutputs, engine: EngineDescription): Promise<Finding[]> {
  const { config, stack } = context;
  const containers = [...containersOf(stack).values()];
  const running = containers
    .filter(({ tenant, state }) => tenant !== undefined && state === "running")
    .map(({ name }) => name);
  return every({
    port: () => portFinding(config),
    certificate: async () => judgeHandshake(await tryHandshake(config, outputs), config.domain, new Date()),
    DNS: () =>
      dnsFinding(
        config,
        listedTenants(config).map(({ id }) => tenantHost(id, config.domain)),
      ),
    routes: () => {
      const { resources } = readState(config.folder, stack);
      const last = tenantsIn(resources);
      return routesFinding(config, knownTenants(config, last), knownShared(config, resources), last, outputs.tenants);
    },
    firewall: () => gatewayFinding(running[0]),
    "disk guard": () => diskGuardFindings(running),
    hardening: () =>
      hardeningFindings(
        containers.map(({ name }) => name),
        engine,
      ),
  });
}

/** Runs checks side by side; one that cannot be made is a finding itself. */
async function every(checks: Readonly<Record<string, Check>>): Promise<Finding[]> {
  const findings = await Promise.all(
    Object.entries(checks).map(async ([check, look]) => {
      try {
        return await look();
      } catch (reason) {
        return cannot(check, reason);
      }
    }),
  );
  return findings.flat();
}

function attempt<T>(
  check: string,
  look: () => T,
): { readonly done: true; readonly value: T } | { readonly done: false; readonly finding: Finding } {
  try {
    return { done: true, value: look() };
  } catch (reason) {
    return { done: false, finding: cannot(check, reason) };
  }
}

function cannot(check: string, thrown: unknown): Finding {
  const reason = forOperator(thrown);
  return error(check, messageOf(reason), reason instanceof OperatorError ? reason.fix : "make up");
}

export function worstOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ level }) => level === "error")) return 2;
  return findings.some(({ level }) => level === "warning") ? 1 : 0;
}

export function renderFindings(findings: readonly Finding[], paint: Paint): string {
  const colours = { ok: "green", warning: "yellow", error: "red" } as const;
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.map(({ check, level, found, fix }) => {
    const line = `${paint(colours[level], level.padEnd(7))}  ${check.padEnd(width)}  ${found}`;
    return fix === "" ? line : `${line}\n${" ".repeat(width + 11)}fix: ${fix}`;
  });
  return `${lines.join("\n")}\n`;
}
