import { parse } from "yaml";
import * as z from "zod";
import { messageOf } from "../operatorError.ts";
import { type Problems, parseWith } from "./problems.ts";

/** A route of pgs: clients of this host reach this container. */
export interface PgsRoute {
  readonly host: string;
  readonly container: string;
}

const service = z.object({ loadBalancer: z.object({ servers: z.array(z.object({ address: z.string() })) }) });
const dynamicSchema = z.object({
  tcp: z
    .object({
      routers: z.record(z.string(), z.object({ rule: z.string(), service: z.string() })).default({}),
      services: z.record(z.string(), service).default({}),
    })
    .default({ routers: {}, services: {} }),
});

/** The one form of a rule that pgs writes; a matcher of several hosts, or of a pattern, has no tenant of its own here. */
const hostRule = /^HostSNI\([`"]([a-z0-9.-]+)[`"]\)$/i;

/** The TCP routers of dynamic.yml, each with the container that it leads to. */
export function readRoutes(text: string, problems: Problems): readonly PgsRoute[] {
  const file = "dynamic.yml";
  const { tcp } = parseWith(dynamicSchema, parsed(parse, text, file, problems) ?? {}, file, problems) ?? {};
  return Object.entries(tcp?.routers ?? {}).flatMap(([name, { rule, service: target }]) => {
    const host = hostRule.exec(rule.trim())?.[1]?.toLowerCase();
    const [first, ...others] = tcp?.services[target]?.loadBalancer.servers ?? [];
    const container = /^(.+):5432$/.exec(first?.address ?? "")?.[1];
    if (host !== undefined && container !== undefined && others.length === 0) return [{ host, container }];
    problems.add(
      `${file}: tcp.routers.${name}`,
      `got ${rule} to ${target}, expected HostSNI(\`<tenant>.<domain>\`) to a service with one server, pgs_<tenant>:5432`,
    );
    return [];
  });
}

const access = z.union([z.boolean(), z.strictObject({ enabled: z.boolean() })], "expected true or false");

/** tenant-access.json: tenant to access from outside, `true` or `{ "enabled": true }`. */
export function readAccess(text: string, problems: Problems): ReadonlyMap<string, boolean> {
  const file = "tenant-access.json";
  const data = parsed(JSON.parse, text, file, problems) ?? {};
  const given = parseWith(z.record(z.string(), access), data, file, problems) ?? {};
  return new Map(Object.entries(given).map(([id, value]) => [id, typeof value === "boolean" ? value : value.enabled]));
}

function parsed(parser: (text: string) => unknown, text: string, file: string, problems: Problems): unknown {
  try {
    return parser(text);
  } catch (error) {
    problems.add(file, `cannot be read: ${messageOf(error).split("\n")[0]}`);
    return undefined;
  }
}
