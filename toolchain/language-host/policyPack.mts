import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { nodeArguments, startChild } from "./program.mts";
import { findSdk, missingSdk } from "./sdk.mts";

type RunPluginRequest = import("@pulumi/pulumi/proto/language_pb.js").RunPluginRequest;

/**
 * Starts a policy pack written in Node.js, with the SDK's own runner for them, in the pack's folder. It prints the port that the engine
 * asks it at. @throws Error where the SDK is not installed for the pack, and for plugins of other kinds, which this host does not run.
 */
export function startPolicyPack(request: RunPluginRequest): ChildProcess {
  const info = request.getInfo();
  if (info === undefined) throw new Error("this Pulumi CLI is too old for this language host");
  if (request.getKind() !== "analyzer") {
    throw new Error(
      `this rebuilt language host runs programs and policy packs, and no plugin of kind "${request.getKind()}"`,
    );
  }
  const folder = info.getProgramDirectory();
  const sdk = findSdk(folder);
  if (sdk === undefined) throw new Error(missingSdk(folder));
  const options = info.getOptions()?.toJavaScript() ?? {};
  const args = [
    `--require=${join(import.meta.dirname, "preload.cjs")}`,
    ...nodeArguments(options["nodeargs"]),
    join(sdk, "cmd/run-policy-pack"),
    ...request.getArgsList(),
    folder,
  ];
  return startChild(process.execPath, args, {
    // The pack's SDK reads package.json there.
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: Object.fromEntries(request.getEnvList().map(nameAndValue)),
  });
}

function nameAndValue(line: string): [name: string, value: string] {
  const end = line.indexOf("=");
  return [line.slice(0, end), line.slice(end + 1)];
}
