import ipaddr from "ipaddr.js";

/** The characters of a network in CIDR form; whether it is one is for {@link mendNetwork} to say. */
export const NETWORK_PATTERN = /^[0-9a-f.:]{2,39}\/[0-9]{1,3}$/;

/** Longer than any network is written; ipaddr.js takes long over much longer texts. */
const LONGEST = 64;

/**
 * The network that `text` stands for, in the one form that is accepted: a single address becomes a network of one, host bits become zero,
 * IPv6 is written as RFC 5952 has it, and an IPv4 address in IPv6 form becomes IPv4, as the router sees it. A text that comes back
 * unchanged is fit to be used. Undefined when it is neither an address nor a network, or can be read in two ways (`010.0.0.1`).
 */
export function mendNetwork(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  const [, address = "", prefix] = /^([^/]+)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text.trim()) ?? [];
  if (!isAddress(address)) return undefined;
  const parsed = ipaddr.parse(address.includes(":") ? hexadecimal(address) : address);
  const bits = parsed.kind() === "ipv4" ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  if (length > bits) return undefined;
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress())
    return length < 96 ? undefined : mendNetwork(`${parsed.toIPv4Address()}/${length - 96}`);
  const kind = parsed.kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${kind.networkAddressFromCIDR(`${parsed}/${length}`)}/${length}`;
}

/** An IPv6 address that ends in IPv4, without it: ipaddr.js takes each such address for an IPv4 one in IPv6 form, `::192.0.2.1` too. */
function hexadecimal(address: string): string {
  return address.replace(/[0-9.]+\.[0-9.]+$/, (dotted) => {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.split(".").map(Number);
    return [a * 256 + b, c * 256 + d].map((group) => group.toString(16)).join(":");
  });
}

/** Without the forms of IPv4 that some readers take for octal or hexadecimal, and without zones. */
function isAddress(text: string): boolean {
  const [dotted] = /[^:]*\.[^:]*$/.exec(text) ?? [];
  if (dotted !== undefined && !/^(?:(?:0|[1-9][0-9]*)\.){3}(?:0|[1-9][0-9]*)$/.test(dotted)) return false;
  return text.includes(":")
    ? ipaddr.IPv6.isValid(text) && !text.includes("%")
    : ipaddr.IPv4.isValidFourPartDecimal(text);
}
