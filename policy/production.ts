import ipaddr from "ipaddr.js";
import type { TenantFacts } from "../components/tenantFacts.ts";
import { shown } from "./resource.ts";

/** A tenant of tier production says who is let in, and it is not everybody. */
export function openToEverybody({ tier, allow = [] }: TenantFacts): string[] {
  if (tier !== "production") return [];
  const fix = 'write the networks that its clients come from: "access: { allow: [203.0.113.0/24] }"';
  if (allow.length === 0) return [`got no access.allow, expected the networks that are let in; ${fix}`];
  const kinds = ["ipv4", "ipv6"].filter((kind) =>
    isWhole(allow.filter((network) => parse(network)[0].kind() === kind)),
  );
  return kinds.map(
    (kind) =>
      `got access.allow: ${shown(allow)}, which lets in every ${kind === "ipv4" ? "IPv4" : "IPv6"} address, expected less; ${fix}`,
  );
}

type Network = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

function parse(network: string): Network {
  return ipaddr.parseCIDR(network);
}

/** Whether networks of one kind together are the whole of it, as 0.0.0.0/1 and 128.0.0.0/1 are. Two of them either are disjoint or one is inside the other. */
function isWhole(networks: readonly string[]): boolean {
  const parsed = [...new Set(networks)].map(parse);
  const outer = parsed.filter((one) => !parsed.some((other) => other !== one && isInside(one, other)));
  return outer.reduce((sum, [, bits]) => sum + 2 ** -bits, 0) >= 1;
}

function isInside([address, bits]: Network, [outer, outerBits]: Network): boolean {
  return outerBits < bits && address.match(outer, outerBits);
}

/** A tenant of tier production is backed up, again and again. */
export function withoutBackups({ tier, backup }: TenantFacts): string[] {
  if (tier !== "production") return [];
  if (backup?.enabled !== true) {
    return [
      `got backup.enabled: ${shown(backup?.enabled)}, expected true; take "enabled: false" out of the tenant's or its plan's backup`,
    ];
  }
  if (backup.full !== "never") return [];
  return ['got backup.full: "never", expected a schedule; write one, such as "backup: { full: 0 2 * * 0 }"'];
}

/** Whoever breaks into the server of one tenant with the wildcard's private key can pose as every other tenant's. */
export function sharedKey({ tier, tls }: TenantFacts): string[] {
  if (tier !== "production" || tls !== "wildcard certificate") return [];
  return [
    "got tls: passthrough with the wildcard certificate, expected a certificate of its own; give it one with: " +
      "pulumi config set --path tenantCertificates.<id>.certificateFile <path>, and the same for keyFile, or write tls: terminate",
  ];
}
