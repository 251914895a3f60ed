import { type Check, foundAny, notHost } from "./check.ts";
import type { InspectedContainer } from "./container.ts";

/** The port that the tenants' image says it serves; it is not published. */
const served = "5432/tcp";

interface Published {
  readonly port: string;
  readonly hostIp: string;
  readonly hostPort: string;
}

function published({ HostConfig }: InspectedContainer): Published[] {
  return Object.entries(HostConfig.PortBindings ?? {}).flatMap(([port, bindings]) =>
    (bindings ?? []).map(({ HostIp, HostPort }) => ({ port, hostIp: HostIp, hostPort: HostPort })),
  );
}

const text = ({ port, hostIp, hostPort }: Published) => `${port} at ${hostIp === "" ? "*" : hostIp}:${hostPort}`;

/** Which networks a container is on, and what of it the host's own addresses show. */
export const network: readonly Check[] = [
  {
    id: "5.8",
    title: "publishes no port below 1024",
    check: (container) =>
      foundAny(
        published(container)
          .filter(({ hostPort }) => hostPort !== "" && Number(hostPort) < 1024)
          .map(text),
      ),
  },
  {
    id: "5.9",
    title: "publishes no port, and serves PostgreSQL's alone",
    check: (container) =>
      foundAny([
        ...published(container).map(text),
        ...(container.HostConfig.PublishAllPorts ? ["all exposed ports"] : []),
        ...Object.keys(container.Config.ExposedPorts ?? {}).filter((port) => port !== served),
      ]),
  },
  {
    id: "5.10",
    title: "has a network namespace of its own",
    check: ({ HostConfig }) => notHost("NetworkMode", HostConfig.NetworkMode),
  },
  {
    id: "5.14",
    title: "publishes ports on one address only",
    check: (container) =>
      foundAny(
        published(container)
          .filter(({ hostIp }) => ["", "0.0.0.0", "::"].includes(hostIp))
          .map(text),
      ),
  },
  {
    id: "5.30",
    title: "is not on the engine's default bridge",
    check: ({ NetworkSettings }) => foundAny(Object.keys(NetworkSettings.Networks).filter((name) => name === "bridge")),
  },
];
