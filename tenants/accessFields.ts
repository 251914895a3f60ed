import * as z from "zod";
import { documented } from "./fieldDocs.ts";
import { count, flag, type Refused } from "./fields.ts";
import { mendNetwork, NETWORK_PATTERN } from "./networks.ts";
import { guessable, quoted } from "./text.ts";

/** An IPv4 or IPv6 network in the one form that {@link mendNetwork} writes. */
function network() {
  const error = ({ input }: Refused): string => {
    const meant = mendNetwork(guessable(input));
    const fix =
      meant === undefined
        ? 'write an IP address without leading zeros and, behind the "/", at most 32 for IPv4 or 128 for IPv6'
        : `write ${quoted(meant)}`;
    return `a network such as "203.0.113.0/24" or "2001:db8::/32"; ${fix}`;
  };
  return z
    .string({ error })
    .regex(NETWORK_PATTERN, { abort: true, error })
    .refine((text) => mendNetwork(text) === text, { error });
}

/** More networks in one list are better kept in a firewall. */
const MOST_NETWORKS = 100;

const allow = z
  .array(network(), {
    error: ({ input }: Refused) => {
      const meant = mendNetwork(guessable(input));
      return `a list of networks; write allow: [${quoted(meant ?? "203.0.113.0/24")}]`;
    },
  })
  .min(1, {
    error: () => "at least one network; leave allow out to let everybody in, or write enabled: false to let nobody in",
  })
  .max(MOST_NETWORKS, { error: () => `at most ${MOST_NETWORKS} networks; merge neighbours into larger ones` })
  .exactOptional();

export const AccessSchema = z.strictObject(
  {
    enabled: documented(flag().exactOptional(), {
      meaning: "Whether clients reach the tenant. Without access its server still runs.",
      limits: "`true` or `false`.",
      byDefault: "`true`.",
      change:
        "to `false` takes the route away and ends the tenant's sessions; to `true` brings the route back. No restart.",
    }),
    allow: documented(allow, {
      meaning:
        "The networks that clients may come from. The router compares the address that a connection comes from: [access.md](access.md) says what must not stand in between.",
      limits:
        "1 to 100 IPv4 and IPv6 networks, such as `203.0.113.0/24`, `203.0.113.7/32` for one address, or `2001:db8::/32`. Host bits are zero. Their order means nothing.",
      byDefault: "everybody.",
      change: "ends all sessions of the tenant; clients that are let in may come back at once. No restart.",
    }),
    maxConnectionsPerIp: documented(count(1, 10_000).exactOptional(), {
      meaning:
        "The most connections that one client address may have to this tenant at a time, logged in or not. One more is closed at once.",
      limits: "A whole number from 1 to 10000.",
      byDefault: "the tenant's `maxConnections`; at its pool's host, the pool's `maxClients`.",
      change: "no restart, and no session ends.",
    }),
  },
  {
    error: ({ input }: Refused) =>
      `a mapping with enabled, allow or maxConnectionsPerIp; write it as "access: { enabled: ${input === true} }"`,
  },
);
