import * as pulumi from "@pulumi/pulumi";
import { docker, dockerLines } from "./dockerCli.ts";
import { obstacles, overlappingNetworks } from "./engineChecks.ts";
import { overKeptData } from "./ephemeral.ts";
import type { LastDeployment } from "./lastDeployment.ts";
import { missingImages } from "./missingImages.ts";
import type { Restart } from "./restarts.ts";
import { refusedListener } from "./routerPort.ts";
import type { Settings } from "./settings.ts";
import { parseUse, shrinking, tooSmall, unknownUse } from "./shrinking.ts";
import type { StaleQuestion } from "./staleBackups.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";
import { previousIdOf, type Transition } from "./transitions.ts";
import { lostVolumes, orphanedVolumes, takenOver, unreadableBackups } from "./volumeChecks.ts";

/** What the deployment comes to. */
interface Outcome {
  readonly placed: readonly PlacedTenant[];
  readonly restarting: readonly Restart[];
}

/**
 * A preview may run where there is no engine, or one without images and volumes: a build server that comments on a pull request. What is
 * missing there is a warning; the deployment itself asks again.
 */
export async function askEngine(
  transition: Transition,
  { placed, restarting }: Outcome,
  settings: Settings,
): Promise<string[]> {
  const { last, names } = transition;
  const preview = pulumi.runtime.isDryRun();
  try {
    const [images, listing] = await Promise.all([
      missingImages(imagesOf(settings, placed), !preview),
      dockerLines("volume", "ls", "--format", "{{.Name}}"),
    ]);
    const volumes = new Set(listing);
    const missing = [...images, ...lostVolumes(transition, volumes)];
    for (const line of [
      ...takenOver(transition, volumes),
      ...unreadableBackups(transition, volumes),
      ...(preview ? missing : []),
    ])
      await pulumi.log.warn(line);
    return [
      ...(preview ? [] : missing),
      ...orphanedVolumes(transition, volumes),
      ...overKeptData(transition, volumes),
      ...(last.size === 0 ? await overlappingNetworks(settings.subnet, names) : []),
      ...(await obstacles({ ...transition, stack: settings.stack, volumes, preview })),
      ...(await belowUse(transition)),
      ...(await tooMuchMemory(placed, last, settings)),
      ...(await tooOldBackups({ ...transition, restarts: restarting })),
      ...(preview || missing.length > 0 ? [] : await refusedListener(settings)),
    ];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!preview) return [`Docker engine: ${reason}`];
    await pulumi.log.warn(
      `not checked, because the Docker engine cannot be asked: foreign volumes, limits below use, ages of backups, memory of the machine: ${reason}`,
    );
    return [];
  }
}

// What most deployments have no question for is loaded by those that do.

async function tooMuchMemory(
  placed: readonly PlacedTenant[],
  last: LastDeployment,
  settings: Settings,
): Promise<string[]> {
  if (settings.overcommit === undefined) return [];
  return (await import("./overcommit.ts")).askOvercommit(placed, last, settings);
}

async function tooOldBackups(question: StaleQuestion): Promise<string[]> {
  if (question.restarts.length === 0) return [];
  return (await import("./staleBackups.ts")).staleBackups(question);
}

function imagesOf(
  { postgresImage, traefikImage, offsite, offsiteImage, poolerImage }: Settings,
  placed: readonly PlacedTenant[],
) {
  const pooled = placed.some(({ poolerAddress, state }) => poolerAddress !== undefined && state === "running");
  return [
    postgresImage,
    traefikImage,
    ...(offsite === undefined ? [] : [offsiteImage]),
    ...(pooled ? [poolerImage] : []),
  ];
}

async function belowUse({ listed, last, names }: Transition): Promise<string[]> {
  const smaller = shrinking(listed, last);
  if (smaller.length === 0) return [];
  const running = new Set(await dockerLines("ps", "--format", "{{.Names}}"));
  const asked = smaller.map(async (tenant) => {
    const container = names.tenant(previousIdOf(tenant, last) ?? tenant.id);
    if (!running.has(container)) return unknownUse(tenant, last);
    return tooSmall(tenant, parseUse(await docker("exec", container, "/usr/local/lib/pgtenants/use.sh")));
  });
  return (await Promise.all(asked)).flat();
}
