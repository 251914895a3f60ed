import { connect, createServer } from "node:net";
import { inspect } from "./engine.ts";
import { run } from "./shell.ts";

/** A container's address on its network. */
export const address = (container: string) =>
  inspect(container, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");

/** The host's own address on the container's network. */
export const gateway = (container: string) =>
  inspect(container, "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}");

/** Opens a socket with what a tenant's image has: bash. Host and port follow. */
export const dial = ["timeout", "3", "bash", "-c", 'exec 3<>"/dev/tcp/$1/$2"', "bash"];

/** Whether {@link dial}, run by the engine with these arguments, got through. That it could not be run is an error. */
export async function getsThrough(args: readonly string[]): Promise<boolean> {
  const { code, stderr } = await run("docker", args);
  if (code !== 0 && code !== 124 && !stderr.includes("/dev/tcp/")) throw new Error(`exit code ${code}: ${stderr}`);
  return code === 0;
}

/** Whether a container opens a socket to this address. */
export const reachesFrom = (container: string, host: string, port: number) =>
  getsThrough(["exec", container, ...dial, host, String(port)]);

/** Whether this process does. */
export function reachesFromHost(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3000 }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("timeout", () => socket.destroy());
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(false));
  });
}

/** Gives `use` the port of a listener of this process at an address of this host. */
export async function whileListeningAt<T>(host: string, use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, host, resolve));
  try {
    const bound = server.address();
    if (typeof bound !== "object" || bound === null) throw new Error(`no port at ${host}`);
    return await use(bound.port);
  } finally {
    server.close();
  }
}
