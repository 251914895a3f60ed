import * as z from "zod";
import { docker } from "./dockerCli.ts";
import { entryPoint } from "./dynamicConfig.ts";
import { hardenedRun } from "./hardening.ts";
import { ownerLabels } from "./names.ts";
import type { Settings } from "./settings.ts";
import { staticArguments } from "./staticConfig.ts";

/** What decides whether the router can listen. */
type Question = Pick<Settings, "listenAddress" | "names" | "port" | "proxyProtocolFrom" | "stack" | "traefikImage">;

const commandLine = z.array(z.string()).nullable();

/** How long the trial may take; it was seen to take half a second. */
const trialSeconds = 15;

/** MiB. Traefik was seen to take 80 while idle, which is more than a container that runs one command has. */
const trialMemory = ["--memory=256m", "--memory-swap=256m"];

/** Each is the same to Traefik, which listens on all addresses of both families where it is given all of one. */
const allAddresses: readonly string[] = ["", "0.0.0.0", "[::]"];

/**
 * Why the router could not listen where `port` and `listenAddress` say now; empty where it can, where neither has changed, and where there is
 * no router yet. The old router is gone before the new one starts, so without this a port that another program has, or an address of another
 * host, would be found out only when every tenant is down. A trial is what finds it out: a second router, without routes, that ends as soon as
 * it listens.
 * @throws Error when the engine does not answer, or the trial fails for another reason.
 */
export async function refusedListener(question: Question): Promise<string[]> {
  const { names, port } = question;
  const before = await routerListener(names.stack);
  const after = listenerIn(staticArguments(question));
  if (before === undefined || after === undefined || before === after) return [];
  if (!overlap([before, after], port)) return tryListening(question, port);
  const { router, others } = await holders(names.stack, port);
  if (!router) return tryListening(question, port);
  // The router gives its own port up, but not before the trial: so that is about the address alone, on whichever port is free.
  return others ? [refusal("address already in use", question)] : tryListening(question, 0);
}

/** Where the stack's router was told to listen; undefined where there is none. */
async function routerListener(container: string): Promise<string | undefined> {
  try {
    const found = await docker("container", "inspect", "--format", "{{json .Config.Cmd}}", container);
    return listenerIn(commandLine.parse(JSON.parse(found)) ?? []);
  } catch (error) {
    if (error instanceof Error && error.message.includes("No such container")) return undefined;
    throw error;
  }
}

function listenerIn(args: readonly string[]): string | undefined {
  const name = `--entryPoints.${entryPoint}.address=`;
  return args.find((argument) => argument.startsWith(name))?.slice(name.length);
}

/** Whether one of two listeners on the same port is for all addresses, so that they cannot be there at the same time. */
function overlap(listeners: readonly string[], port: number): boolean {
  const forAll = allAddresses.map((address) => `${address}:${port}`);
  return (
    listeners.every((listener) => listener.endsWith(`:${port}`)) &&
    listeners.some((listener) => forAll.includes(listener))
  );
}

/** Who listens on a port of the engine's host, on whatever address. */
interface Holders {
  readonly router: boolean;
  readonly others: boolean;
}

/** Asks within the router, which sees the host's listeners; one that does not run holds none. */
async function holders(container: string, port: number): Promise<Holders> {
  try {
    const script = "cat /proc/net/tcp /proc/net/tcp6; ls -l /proc/1/fd";
    return holdersIn(await docker("exec", container, "sh", "-c", script), port);
  } catch {
    return { router: false, others: false };
  }
}

/** Reads /proc/net/tcp and tcp6, and behind them the list of the router's open files. */
export function holdersIn(text: string, port: number): Holders {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  // Columns: 2 is the local address, 4 the state (0A: listening), 10 the socket's inode.
  const listeners = text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === "0A" && local?.endsWith(`:${hex}`));
  const own = listeners.map((columns) => text.includes(`socket:[${columns[9]}]`));
  return { router: own.includes(true), others: own.includes(false) };
}

async function tryListening(question: Question, port: number): Promise<string[]> {
  const labels = ownerLabels(question.stack).map(({ label, value }) => `--label=${label}=${value}`);
  const limits = [...hardenedRun, ...trialMemory, "--user=65532:65532"];
  const script = ["--entrypoint=/usr/local/lib/pgtenants/try.sh", question.traefikImage, String(trialSeconds)];
  try {
    await docker(
      "run",
      "--rm",
      "--pull=never",
      "--network=host",
      ...limits,
      ...labels,
      ...script,
      ...staticArguments({ ...question, port }),
    );
    return [];
  } catch (error) {
    const [, reason] = /: bind: ([^"\n]+)/.exec(error instanceof Error ? error.message : "") ?? [];
    if (reason === undefined) throw error;
    return [refusal(reason, question)];
  }
}

/** Says the kernel's reason in terms of the settings. */
function refusal(reason: string, { listenAddress, port }: Question): string {
  const unchanged = "Nothing was changed";
  switch (reason) {
    case "address already in use":
      return (
        `port: got ${port}, which another program on the engine's host has, expected a free one; stop that program (who: ss -ltnp ` +
        `'sport = :${port}'), or take another: pulumi config set port <port>. ${unchanged}`
      );
    case "cannot assign requested address":
      return (
        `listenAddress: got ${listenAddress}, which the engine's host does not have, expected an address of its own, or * for all of them; ` +
        `set it with: pulumi config set listenAddress '*'. ${unchanged}`
      );
    default:
      return (
        `port, listenAddress: got ${port} and ${listenAddress}, where the router cannot listen (${reason}), expected a free port on an ` +
        `address of the engine's host; set them with: pulumi config set. ${unchanged}`
      );
  }
}
