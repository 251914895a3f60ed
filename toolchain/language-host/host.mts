import { flushCompileCache } from "node:module";
import { installPackages } from "./install.mts";
import { type Plugin, programDependencies, requiredPlugins } from "./packages.mts";
import { startPolicyPack } from "./policyPack.mts";
import { runProgram, stopChildren } from "./program.mts";
import { loadSdk, type Sdk } from "./sdk.mts";

type Messages = typeof import("@pulumi/pulumi/proto/language_pb.js");
type Message<Name extends keyof Messages> = Messages[Name] extends abstract new (...args: never) => infer T ? T : never;
type Reply<T> = (error: { code: number; details: string } | null, value?: T) => void;
interface Call<T> {
  readonly request: T;
}
interface Stream<T, Part> extends Call<T> {
  write(part: Part): void;
  end(): void;
  emit(event: "error", error: { code: number; details: string }): void;
  /** The engine wants no more of it. */
  on(event: "cancelled", listener: () => void): void;
}

/**
 * Serves the engine's LanguageRuntime service on a free port of 127.0.0.1 and prints the port. The engine gives its own
 * address as the last argument and starts the host in the program's folder. Calls that are not here (generating code, for one) are answered
 * with "unimplemented" by gRPC.
 */
export function serve(): void {
  const sdk = loadOrExit();
  const server = new sdk.grpc.Server({ "grpc.max_receive_message_length": -1 });
  const stop = () => {
    stopChildren();
    server.forceShutdown();
  };
  server.addService(sdk.service, handlers(sdk, process.argv.at(-1) ?? "", stop));
  server.bindAsync("127.0.0.1:0", sdk.grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    console.log(port);
    // The engine ends this process by a signal, and Node.js would keep nothing of what it compiled for the next start.
    flushCompileCache();
  });
  // A killed engine cannot say goodbye; the system then gives this process another parent.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) {
      stop();
      process.exit(1);
    }
  }, 1000).unref();
}

function loadOrExit(): Sdk {
  try {
    return loadSdk(process.cwd());
  } catch (error) {
    console.error(String(error));
    process.exit(1);
  }
}

function handlers({ language, plugin, grpc, version, Empty }: Sdk, engineAddress: string, stop: () => void): object {
  const failure = (error: unknown) => ({
    code: grpc.status.INTERNAL,
    details: error instanceof Error ? error.message : String(error),
  });
  const programFolder = (request: { getInfo(): Message<"ProgramInfo"> | undefined }) =>
    request.getInfo()?.getProgramDirectory() ?? process.cwd();
  /** Answers with what `build` returns, or with the error that it throws. */
  const unary =
    <Request, Response>(build: (request: Request) => Response) =>
    ({ request }: Call<Request>, reply: Reply<Response>) => {
      try {
        reply(null, build(request));
      } catch (error) {
        reply(failure(error));
      }
    };

  const dependency = ({ name, version, server, parameterization }: Plugin) => {
    const message = new plugin.PackageDependency();
    message.setKind("resource").setName(name).setVersion(version).setServer(server);
    if (parameterization !== undefined) {
      const parameter = new plugin.PackageParameterization();
      parameter.setName(parameterization.name).setVersion(parameterization.version).setValue(parameterization.value);
      message.setParameterization(parameter);
    }
    return message;
  };

  return {
    handshake: unary(() => new language.LanguageHandshakeResponse()),
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(version)),
    getRequiredPackages: unary((request: Message<"GetRequiredPackagesRequest">) =>
      new language.GetRequiredPackagesResponse().setPackagesList(
        requiredPlugins(programFolder(request)).map(dependency),
      ),
    ),
    getProgramDependencies: unary((request: Message<"GetProgramDependenciesRequest">) =>
      new language.GetProgramDependenciesResponse().setDependenciesList(
        programDependencies(programFolder(request), request.getTransitivedependencies()).map(({ name, version }) =>
          new language.DependencyInfo().setName(name).setVersion(version),
        ),
      ),
    ),
    about: unary(() => new language.AboutResponse().setExecutable(process.execPath).setVersion(process.version)),
    runtimeOptionsPrompts: unary(() => new language.RuntimeOptionsResponse()),
    run({ request }: Call<Message<"RunRequest">>, reply: Reply<Message<"RunResponse">>) {
      runProgram(request, engineAddress).then(
        (outcome) => {
          const response = new language.RunResponse();
          if ("error" in outcome) response.setError(outcome.error);
          else response.setBail(outcome.bail);
          reply(null, response);
        },
        (error: unknown) => reply(failure(error)),
      );
    },
    installDependencies(call: Stream<Message<"InstallDependenciesRequest">, Message<"InstallDependenciesResponse">>) {
      const info = call.request.getInfo();
      const options = info?.getOptions()?.toJavaScript();
      installPackages(programFolder(call.request), options?.["packagemanager"], (stream, data) => {
        const part = new language.InstallDependenciesResponse();
        call.write(stream === "stdout" ? part.setStdout(data) : part.setStderr(data));
      }).then(
        () => call.end(),
        (error: unknown) => call.emit("error", failure(error)),
      );
    },
    runPlugin(call: Stream<Message<"RunPluginRequest">, Message<"RunPluginResponse">>) {
      try {
        const child = startPolicyPack(call.request);
        child.stdout?.on("data", (data: Uint8Array) => call.write(new language.RunPluginResponse().setStdout(data)));
        child.stderr?.on("data", (data: Uint8Array) => call.write(new language.RunPluginResponse().setStderr(data)));
        // The engine ends a pack so when the deployment is done.
        call.on("cancelled", () => child.kill("SIGTERM"));
        child.once("error", (error) => call.emit("error", failure(error)));
        child.once("close", (code) => {
          call.write(new language.RunPluginResponse().setExitcode(code ?? 1));
          call.end();
        });
      } catch (error) {
        call.emit("error", failure(error));
      }
    },
    cancel(_: Call<object>, reply: Reply<object>) {
      reply(null, new Empty());
      stop();
    },
  };
}
