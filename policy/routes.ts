import { parse } from "yaml";
import { mappingIn, type Resource, shown } from "./resource.ts";

/** The file that the router's routes are in, as the step that writes it names it. */
const routesFile = "routes/dynamic.yml";

const newEnough: readonly unknown[] = ["VersionTLS12", "VersionTLS13"];

/** Every route has TLS, and where it ends at the router, nothing older than TLS 1.2. */
export function weakTls({ inputs }: Resource): string[] {
  if (mappingIn(inputs["environment"])["FILE"] !== routesFile) return [];
  const { tcp, tls } = mappingIn(parse(String(inputs["stdin"])));
  const options = mappingIn(mappingIn(tls)["options"]);
  const routers = Object.entries(mappingIn(mappingIn(tcp)["routers"]));
  const fix = "see components/dynamicConfig.ts";
  return [
    ...["default", ...Object.keys(options)].filter(isFirst).flatMap((name) => {
      const { minVersion } = mappingIn(options[name]);
      if (newEnough.includes(minVersion)) return [];
      return [
        `got minVersion: ${shown(minVersion)} in the TLS options "${name}", expected VersionTLS12 or VersionTLS13; ${fix}`,
      ];
    }),
    ...routers.flatMap(([id, router]) => {
      const { tls: own } = mappingIn(router);
      const { passthrough, options: name = "default" } = mappingIn(own);
      if (own === undefined) return [`got the route ${shown(id)} without TLS, expected tls; ${fix}`];
      if (passthrough === true || String(name) in options) return [];
      return [`got the TLS options ${shown(name)} for the route ${shown(id)}, expected some that are defined; ${fix}`];
    }),
  ];
}

function isFirst(name: string, index: number, names: readonly string[]): boolean {
  return names.indexOf(name) === index;
}
