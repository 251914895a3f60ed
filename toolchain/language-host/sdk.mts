import { createRequire } from "node:module";
import { dirname, join } from "node:path";

type LanguageService = typeof import("@pulumi/pulumi/proto/language_grpc_pb.js").LanguageRuntimeService;

/** What is used of gRPC, which is the SDK's dependency and not ours. */
export interface Grpc {
  Server: new (
    options: Record<string, number>,
  ) => {
    addService(service: LanguageService, handlers: object): void;
    bindAsync(address: string, credentials: unknown, done: (error: Error | null, port: number) => void): void;
    forceShutdown(): void;
  };
  ServerCredentials: { createInsecure(): unknown };
  status: { INTERNAL: number };
}

/** The parts of the Node.js SDK that a language host needs, all published with it. */
export interface Sdk {
  /** Folder of the package. */
  readonly folder: string;
  readonly version: string;
  readonly grpc: Grpc;
  readonly language: typeof import("@pulumi/pulumi/proto/language_pb.js");
  readonly plugin: typeof import("@pulumi/pulumi/proto/plugin_pb.js");
  readonly service: LanguageService;
  readonly Empty: new () => object;
}

/** Folder of the SDK that a program in `folder` would import, or undefined if none is installed there. */
export function findSdk(folder: string): string | undefined {
  try {
    return dirname(createRequire(join(folder, "package.json")).resolve("@pulumi/pulumi/package.json"));
  } catch {
    return undefined;
  }
}

export function missingSdk(folder: string): string {
  return `The Pulumi SDK is not installed for the program in ${folder}: run npm install there.`;
}

/** Loads the SDK that a program in `folder` uses. @throws Error if none is installed there. */
export function loadSdk(folder: string): Sdk {
  const found = findSdk(folder);
  if (found === undefined) throw new Error(missingSdk(folder));
  const require = createRequire(join(found, "package.json"));
  return {
    folder: found,
    version: (require("./package.json") as { version: string }).version,
    grpc: require("@grpc/grpc-js"),
    language: require("./proto/language_pb"),
    plugin: require("./proto/plugin_pb"),
    service: require("./proto/language_grpc_pb").LanguageRuntimeService,
    Empty: require("google-protobuf/google/protobuf/empty_pb").Empty,
  };
}
