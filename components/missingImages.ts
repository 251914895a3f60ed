import { docker } from "./dockerCli.ts";
import { isOwnImage } from "./images.ts";

/**
 * Why images cannot be had, one line each. A container whose image is missing would be found out only after its predecessor is gone. One
 * that is not on the engine is pulled where `pull` says so, which may take minutes; the project's own are in no registry.
 * @throws Error when the engine does not answer.
 */
export async function missingImages(images: readonly string[], pull: boolean): Promise<string[]> {
  const found = await Promise.all(images.map((image) => missingImage(image, pull)));
  return found.flat();
}

async function missingImage(image: string, pull: boolean): Promise<string[]> {
  if (await hasImage(image)) return [];
  const absent = `Docker engine: got no image ${image}, expected it there`;
  if (isOwnImage(image)) return [`${absent}; build it with: make shell`];
  if (!pull) return [`${absent}; the deployment will pull it`];
  try {
    await docker("pull", "--quiet", image);
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim() : String(error);
    return [
      `${absent}, or in its registry; correct postgresImage or traefikImage, or log in with: docker login. ${reason}`,
    ];
  }
}

async function hasImage(image: string): Promise<boolean> {
  try {
    await docker("image", "inspect", "--format", "{{.Id}}", image);
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes("No such image")) return false;
    throw error;
  }
}
