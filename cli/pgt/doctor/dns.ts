import { lookup } from "node:dns/promises";
import { either } from "../../../tenants/text.ts";
import { ownAddresses } from "../../askTenants.ts";
import { error, type Finding, ok, warning } from "../finding.ts";
import type { StackConfig } from "../stackConfig.ts";

/** A host name with what it stands for, as this machine resolves it; no addresses where it does not. */
export interface Resolved {
  readonly host: string;
  readonly addresses: readonly string[];
}

/** Whether the tenants' host names lead to this machine. */
export async function dnsFinding({ get, domain }: StackConfig, hosts: readonly string[]): Promise<Finding> {
  const hostAddress = get("hostAddress");
  if (hostAddress !== undefined) {
    return ok("DNS", `not looked at: clients are told the address ${hostAddress} (hostAddress)`);
  }
  const resolved = await Promise.all(hosts.map(async (host) => ({ host, addresses: await addressesOf(host) })));
  return judgeNames(resolved, ownAddresses(), domain);
}

export function judgeNames(names: readonly Resolved[], own: readonly string[], domain: string): Finding {
  const record = `one record for *.${domain}, to this machine`;
  const unknown = names.filter(({ addresses }) => addresses.length === 0).map(({ host }) => host);
  if (unknown.length > 0) return error("DNS", `no address for ${listed(unknown)}`, record);
  const elsewhere = names.filter(({ addresses }) => !addresses.some((address) => own.includes(address)));
  const [first] = elsewhere;
  if (first === undefined) return ok("DNS", `${names.length} host names lead to this machine`);
  const found = `${listed(elsewhere.map(({ host }) => host))} lead to ${first.addresses.join(", ")}, which is no address of this machine`;
  return warning("DNS", found, `nothing, behind address translation or a load balancer; else ${record}`);
}

function listed(hosts: readonly string[]): string {
  return either(hosts).replace(" or ", " and ");
}

async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
