import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { typeTokens } from "./names.ts";
import { runError } from "./runError.ts";
import { nameIn, parseStackState, resourceTypes, type StateResource } from "./stackState.ts";

/** What the stack's state says of a tenant; a value is undefined where a deployment did not get as far. */
export interface LastTenant {
  /** Its fixed address on the bridge. */
  readonly address: string | undefined;
  readonly state: string | undefined;
  /** The name of its volume on the engine. */
  readonly volume: string | undefined;
  /** The version of its generated password. */
  readonly passwordVersion: number | undefined;
  /** Limits as they were given to it. */
  readonly limits: Readonly<Record<"memoryMiB" | "maxConnections" | "diskMiB", number | undefined>>;
}

/** The tenants of the last deployment, by id. */
export type LastDeployment = ReadonlyMap<string, LastTenant>;

/**
 * The tenants that are in the stack's state; empty for a new stack.
 *
 * Read by `pulumi stack export`, not by a reference to the stack itself: outputs are written only when a whole deployment succeeded, so a
 * tenant that came with a failed one would be unknown; and a reference fetches every secret of the stack in clear.
 * @throws RunError when the CLI is not on PATH or cannot read the state.
 */
export async function lastDeployment(stack: string): Promise<LastDeployment> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
  try {
    const { stdout } = await promisify(execFile)("pulumi", ["stack", "export", "--stack", name], {
      maxBuffer: 2 ** 30,
    });
    return tenantsIn(parseStackState(stdout).resources);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw runError(`the stack's state cannot be read: ${reason}; pulumi must be on PATH, see: make shell`);
  }
}

/** The tenants among a state's resources. Pure. */
export function tenantsIn(resources: readonly StateResource[]): LastDeployment {
  const children = Map.groupBy(resources, ({ parent }) => parent);
  const tenants = resources.filter(({ type }) => type === typeTokens.tenantDatabase);
  return new Map(tenants.map((tenant) => [nameIn(tenant.urn), lastTenant(tenant, children.get(tenant.urn) ?? [])]));
}

function lastTenant({ outputs = {} }: StateResource, children: readonly StateResource[]): LastTenant {
  const inputsOf = (type: string) => children.find((child) => child.type === type)?.inputs ?? {};
  const { keepers } = inputsOf(resourceTypes.password);
  return {
    address: textOf(outputs["address"]),
    state: textOf(outputs["state"]),
    volume: textOf(inputsOf(resourceTypes.volume)["name"]),
    passwordVersion: numberOf(isRecord(keepers) ? keepers["version"] : undefined),
    limits: {
      memoryMiB: numberOf(outputs["memoryMiB"]),
      maxConnections: numberOf(outputs["maxConnections"]),
      diskMiB: numberOf(outputs["diskMiB"]),
    },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" ? Number.parseInt(value, 10) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
