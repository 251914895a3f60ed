import { typeTokens } from "../components/names.ts";
import { listIn, mappingIn, type Resource, shown } from "./resource.ts";

/** Nothing but the router is reached from outside, and the router at one port only. */
export function publishedPorts({ inputs, parentType }: Resource): string[] {
  const { ports, publishAllPorts, networkMode } = inputs;
  if (parentType === typeTokens.traefik) return secondEntryPoints(inputs["command"]);
  const got = [
    ...(listIn(ports).length > 0 ? [`ports: ${shown(ports)}`] : []),
    ...(publishAllPorts === true ? ["publishAllPorts: true"] : []),
    ...(networkMode === "host" ? ['networkMode: "host"'] : []),
  ];
  return got.map(
    (what) =>
      `got ${what}, expected a container that nothing outside reaches; take it out: clients come through the router, on its one port`,
  );
}

/** Each entry point of Traefik is a port in the host's network. */
function secondEntryPoints(command: unknown): string[] {
  const names = listIn(command).flatMap(
    (argument) => /^--entrypoints\.([^.]+)\.address=/i.exec(String(argument))?.[1] ?? [],
  );
  if (names.length === 1) return [];
  const got = names.length === 0 ? "no entry point" : `the entry points ${names.join(", ")}`;
  return [`got ${got}, expected one, for PostgreSQL; take the others out of components/staticConfig.ts`];
}

/** No capability, and no way to gain one. */
export function unconfined({ inputs }: Resource): string[] {
  const { capabilities, securityOpts, privileged } = inputs;
  const { drops, adds } = mappingIn(capabilities);
  const fix = 'spread "hardened" of components/hardening.ts into the container';
  return [
    ...(listIn(drops).includes("ALL") ? [] : [`got capabilities.drops: ${shown(drops)}, expected ["ALL"]; ${fix}`]),
    ...(listIn(adds).length === 0 ? [] : [`got capabilities.adds: ${shown(adds)}, expected none; ${fix}`]),
    ...(listIn(securityOpts).some(forbidsNewPrivileges)
      ? []
      : [`got securityOpts: ${shown(securityOpts)}, expected "no-new-privileges:true" among them; ${fix}`]),
    ...(privileged === true ? [`got privileged: true, expected a container without privileges; ${fix}`] : []),
  ];
}

/** Docker takes it without a value, and with one after either sign. */
function forbidsNewPrivileges(option: unknown): boolean {
  return /^no-new-privileges([:=]true)?$/.test(String(option));
}

/** A container without a limit takes the memory of all the others. */
export function unlimitedMemory({ inputs }: Resource): string[] {
  const { memory } = inputs;
  if (typeof memory === "number" && memory > 0) return [];
  return [
    `got memory: ${shown(memory)}, expected a limit in MiB; give the container one, as tenants have it from their plan`,
  ];
}
