import { setTimeout as sleep } from "node:timers/promises";
import { mapAtOnce } from "../../../components/atOnce.ts";
import { tenantsIn } from "../../../components/readLastDeployment.ts";
import { parseStackState, type StackState } from "../../../components/stackState.ts";
import { fileBackend } from "../../fileBackend.ts";
import { refuseHeld } from "../../locks.ts";
import { messageOf, OperatorError } from "../../operatorError.ts";
import { pulumi } from "../../pulumi.ts";
import type { Context } from "../context.ts";
import { compareContainers } from "../drift/compareContainers.ts";
import { compareDeclared } from "../drift/compareDeclared.ts";
import { compareNetworks, compareVolumes } from "../drift/compareEngine.ts";
import { compareFiles } from "../drift/compareFiles.ts";
import { lookAtPools } from "../drift/comparePools.ts";
import { compareRouter } from "../drift/compareRouter.ts";
import { compareServer } from "../drift/compareServer.ts";
import { type Deployed, readDeployed } from "../drift/deployed.ts";
import type { Drift } from "../drift/drift.ts";
import { dueTenants } from "../drift/due.ts";
import { byStart } from "../drift/fixes.ts";
import { readEngine, type SeenEngine } from "../drift/readEngine.ts";
import { readDeclared, readPools, readRouter, readServer } from "../drift/readInside.ts";
import { codeOf, documentOf, type Look, renderDrift, renderMarkdown } from "../drift/renderDrift.ts";
import { forOperator, HealthError } from "../failures.ts";
import { knownShared, knownTenants, listedHere } from "../tenants.ts";

/** How long a pool that is not there yet is waited for, in milliseconds: on an idle machine it was seen to take a tenth of a second. */
const poolWait = 5_000;

export interface DriftOptions {
  readonly format: "text" | "markdown";
}

/**
 * Looks for what is not as it was deployed, and changes nothing. @returns 0 when all is, 1 when something is not, 2 when something could not be
 * looked at. @throws HealthError when nothing could be, as without an engine, or while a deployment is under way.
 */
export async function drift(context: Context, { format }: DriftOptions): Promise<0 | 1 | 2> {
  const look = await orUnknown(() => lookAround(context));
  context.answer(format === "markdown" ? renderMarkdown(look) : renderDrift(look), documentOf(look));
  return codeOf(look);
}

async function orUnknown<T>(look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (thrown) {
    const error = forOperator(thrown);
    throw error instanceof OperatorError ? new HealthError(error.message, error.fix) : error;
  }
}

async function lookAround(context: Context): Promise<Look> {
  const { config, stack } = context;
  const { resources } = exportedState(context);
  const last = tenantsIn(resources);
  const deployed = deployedIn(resources);
  const engine = await readEngine(stack, config.names, deployed);
  const inside = await lookInside(deployed, engine);
  const found = [
    ...deployed.withoutContainer.map(lost),
    ...compareContainers(
      deployed.containers,
      engine.containers,
      deployed.networks.map(({ name }) => name),
    ).filter(({ kind }) => kind !== "swap" || engine.countsSwap),
    ...compareNetworks(deployed.networks, engine.networks),
    ...compareVolumes(deployed.volumes, engine.volumes),
    ...inside.flatMap(({ drift }) => drift),
  ];
  // Servers that are kept of a move are deployed as well.
  const present = [...knownTenants(config, last), ...listedHere(config).beside.servers];
  return {
    drift: sorted(found, deployed.tenants),
    unknown: inside.flatMap(({ unknown }) => unknown),
    due: dueTenants(present, deployed, last, config.domain, knownShared(config, resources)),
    tenants: deployed.tenants.length,
    containers: engine.containers.length,
  };
}

/** What is all tenants' comes first: what puts it right may have to come before what puts a tenant right. */
function sorted(found: readonly Drift[], tenants: readonly string[]): Drift[] {
  const order = ({ subject }: Drift) => `${tenants.includes(subject) ? 1 : 0} ${subject}`;
  return found.toSorted((one, other) => (order(one) < order(other) ? -1 : Number(order(one) > order(other))));
}

/** With its secrets, of which no more than digests leave this process. What a deployment is about to change cannot be told from drift. */
function exportedState({ config, stack }: Context): StackState {
  refuseHeld(stack, fileBackend(config.folder, stack)?.locks ?? []);
  const command = ["--cwd", config.folder, "stack", "export", "--stack", stack, "--show-secrets"];
  const state = parseStackState(pulumi(...command));
  if (state.pending.length === 0) return state;
  throw new OperatorError(
    `the stack ${stack} is being deployed, or a deployment was killed`,
    "wait until it ends; if you know that it is dead: pgt recover",
  );
}

function deployedIn(resources: StackState["resources"]): Deployed {
  try {
    return readDeployed(resources);
  } catch (error) {
    throw new OperatorError(
      `what was deployed cannot be read from the state: ${messageOf(error).replace(/\s+/g, " ")}`,
      `${byStart} deploys by this version of the program; then again`,
    );
  }
}

function lost(subject: string): Drift {
  const found = "none, and none in the state";
  return { subject, kind: "container-missing", found, expected: "a container", fix: byStart };
}

interface Inside {
  readonly drift: readonly Drift[];
  readonly unknown: Look["unknown"];
}

/** Into containers that run and are those that were deployed: any other is a finding already, and may be anything inside. */
async function lookInside(deployed: Deployed, { containers }: SeenEngine): Promise<Inside[]> {
  const { router } = deployed;
  const running = new Set(containers.filter(({ status }) => status === "running").map(({ id }) => id));
  const looks = [
    ...deployed.servers.map((server) => ({
      subject: server.id,
      name: server.container,
      look: async (container: string) => {
        const seen = await readServer(server, container);
        return [
          ...compareServer(server, seen.server),
          ...compareDeclared(server, await readDeclared(server, container)),
          ...compareFiles(server.id, server.files, seen.files),
        ];
      },
    })),
    ...deployed.pools.map((pools) => ({
      ...{ subject: pools.id, name: pools.container },
      look: (container: string) =>
        lookAtPools(
          pools,
          () => readPools(container),
          () => sleep(poolWait),
        ),
    })),
    ...(router === undefined
      ? []
      : [
          {
            ...{ subject: "router", name: router.container },
            look: async (container: string) => compareRouter(router, await readRouter(container)),
          },
        ]),
  ];
  return mapAtOnce(looks, async ({ subject, name, look }) => {
    const container = deployed.containers.find((one) => one.name === name)?.id;
    if (container === undefined || !running.has(container)) return { drift: [], unknown: [] };
    try {
      return { drift: await look(container), unknown: [] };
    } catch (error) {
      return { drift: [], unknown: [{ subject, reason: messageOf(error) }] };
    }
  });
}
