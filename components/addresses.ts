import { createHash } from "node:crypto";
import ipaddr from "ipaddr.js";

/** Where each tenant lives on the bridge: tenant id to IPv4 address; undefined for one whose address is not known. */
export type AddressBook = Readonly<Record<string, string | undefined>>;

/**
 * Gives every tenant a fixed address on the bridge.
 *
 * A tenant that was there before keeps its recorded address. A new one takes the slot that a hash of its id names or, where that is
 * taken, the next free one; new ones are placed in the order of their ids, so the order of tenants.yaml does not matter. No two
 * tenants share an address, and none moves because another came or went. The address of a tenant that goes is given away only when no
 * other is free: the engine still holds it while the newcomer's container is made.
 *
 * Docker's own assignment at start is never used: an address that moves after a reboot would lead one tenant's clients to another's server.
 *
 * @param subnet CIDR of the bridge, for instance `198.18.0.0/16`. Another subnet gives every tenant a new address, so restarts all.
 * @param tenants anything with an id; the same values come back, in the same order, with `address` added.
 * @param recorded the addresses of the last deployment, also of tenants that go; entries outside the subnet are ignored.
 * @throws Error when the subnet is not an IPv4 network, or too small.
 */
export function placeTenants<T extends { readonly id: string }>(
  subnet: string,
  tenants: readonly T[],
  recorded: AddressBook,
): readonly (T & { readonly address: string })[] {
  const slots = tenantSlots(subnet);
  if (tenants.length > slots.count) {
    throw new Error(
      `subnet: got ${subnet} with room for ${slots.count} tenants, expected room for ${tenants.length}; choose a larger one`,
    );
  }
  const addressById = new Map<string, string>();
  const taken = new Set<number>();
  const take = (id: string, slot: number) => {
    taken.add(slot);
    addressById.set(id, slots.addressOf(slot));
  };
  const ids = tenants.map((tenant) => tenant.id).sort();
  for (const id of ids) {
    const slot = slots.slotOf(Object.hasOwn(recorded, id) ? recorded[id] : undefined);
    if (slot !== undefined && !taken.has(slot)) take(id, slot);
  }
  const leaving = Object.entries(recorded).map(([id, address]) =>
    addressById.has(id) ? undefined : slots.slotOf(address),
  );
  const avoided = new Set(tenants.length + leaving.length <= slots.count ? leaving : []);
  for (const id of ids.filter((id) => !addressById.has(id))) {
    let slot = hashOf(id) % slots.count;
    while (taken.has(slot) || avoided.has(slot)) slot = (slot + 1) % slots.count;
    take(id, slot);
  }
  return tenants.map((tenant) => {
    const address = addressById.get(tenant.id);
    if (address === undefined) throw new Error(`no address for ${tenant.id}`);
    return { ...tenant, address };
  });
}

interface Slots {
  readonly count: number;
  addressOf(slot: number): string;
  slotOf(address: string | undefined): number | undefined;
}

/** Slots are the host addresses of a network without the first, which is the bridge's own, and the broadcast address. */
function tenantSlots(subnet: string): Slots {
  const { network, size } = parseSubnet(subnet);
  const first = network + 2;
  const count = Math.max(0, size - 3);
  return {
    count,
    addressOf: (slot) => fromNumber(first + slot),
    slotOf: (address) => {
      if (address === undefined || !ipaddr.IPv4.isValidFourPartDecimal(address)) return undefined;
      const slot = toNumber(ipaddr.IPv4.parse(address)) - first;
      return slot >= 0 && slot < count ? slot : undefined;
    },
  };
}

/**
 * The address of the bridge itself: the host's end, and where tenants see their clients come from.
 * @throws Error when the subnet is not an IPv4 network.
 */
export function gatewayOf(subnet: string): string {
  return fromNumber(parseSubnet(subnet).network + 1);
}

function parseSubnet(subnet: string): { network: number; size: number } {
  const cidr = ipaddr.IPv4.isValidCIDRFourPartDecimal(subnet) ? ipaddr.IPv4.parseCIDR(subnet) : undefined;
  if (
    cidr === undefined ||
    cidr[1] < 8 ||
    cidr[1] > 29 ||
    ipaddr.IPv4.networkAddressFromCIDR(subnet).toString() !== cidr[0].toString()
  ) {
    throw new Error(
      `subnet: got "${subnet}", expected an IPv4 network from /8 to /29 such as 198.18.0.0/16; host bits must be zero`,
    );
  }
  return { network: toNumber(cidr[0]), size: 2 ** (32 - cidr[1]) };
}

function toNumber(address: ipaddr.IPv4): number {
  return address.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0);
}

function fromNumber(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

function hashOf(id: string): number {
  return createHash("sha256").update(id).digest().readUInt32BE(0);
}

/** Whether two networks in CIDR form have an address in common; a network of IPv6 has none of a stack's. */
export function overlaps(subnet: string, other: string): boolean {
  if (!ipaddr.IPv4.isValidCIDR(other)) return false;
  const [first, second] = [ipaddr.IPv4.parseCIDR(subnet), ipaddr.IPv4.parseCIDR(other)];
  return first[0].match(second[0], Math.min(first[1], second[1]));
}
