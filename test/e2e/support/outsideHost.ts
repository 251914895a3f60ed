import { spawn } from "node:child_process";
import { once } from "node:events";
import { freeSubnet } from "./engine.ts";
import { outputOf, run } from "./shell.ts";

const port = 5432;
const listen =
  'require("node:net").createServer((socket) => socket.end()).listen(+process.argv[2], process.argv[1], () => console.log("up"))';

/**
 * Gives `use` a listener that stands for the rest of the world: in a network namespace behind a pair of links, so on none of
 * the engine's bridges, which are kept apart whatever a stack does. It has a route back to everybody. Needs root; all of it
 * goes away afterwards. `name` has at most 11 characters, as a link's name with "-out" has at most 15.
 */
export async function withOutsideHost(name: string, use: (address: string, port: number) => Promise<void>) {
  const link = `${name}-out`;
  const [near, far] = await freeAddresses();
  try {
    await ip("netns", "add", name);
    await ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name);
    await ip("address", "add", `${near}/30`, "dev", link);
    await ip("link", "set", link, "up");
    await ip("-netns", name, "address", "add", `${far}/30`, "dev", "eth0");
    await ip("-netns", name, "link", "set", "eth0", "up");
    await ip("-netns", name, "route", "add", "default", "via", near);
    await whileListening(name, far, () => use(far, port));
  } finally {
    await run("ip", ["link", "delete", link]);
    await run("ip", ["netns", "delete", name]);
  }
}

const ip = (...args: string[]) => outputOf("ip", args);

/** Both addresses of a /30 that no network of the engine and no route of the host overlaps. */
async function freeAddresses(): Promise<[string, string]> {
  const subnet = await freeSubnet();
  const routes = await ip("-4", "route", "show", "root", subnet);
  if (routes !== "") throw new Error(`${subnet} is taken by a route of this host:\n${routes}`);
  const base = subnet.slice(0, subnet.lastIndexOf("."));
  return [`${base}.1`, `${base}.2`];
}

async function whileListening(namespace: string, address: string, use: () => Promise<void>): Promise<void> {
  const command = ["netns", "exec", namespace, process.execPath, "-e", listen, address, String(port)];
  const listener = spawn("ip", command, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(listener, "close");
  try {
    await Promise.race([
      once(listener.stdout, "data"),
      ended.then(([code]) => Promise.reject(new Error(`the listener in ${namespace} ended with ${code}`))),
    ]);
    await use();
  } finally {
    listener.kill();
    await ended;
  }
}
