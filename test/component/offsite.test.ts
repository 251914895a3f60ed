import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { Offsite } from "../../components/offsite.ts";
import type { Offsite as OffsiteSettings } from "../../components/settings.ts";
import { canary, registeredBy } from "../support/mocks.ts";
import { settings } from "../support/settings.ts";

const component = "pgtenants:index:Offsite";
const secrets = { accessKeyId: "AKIACANARY", secretAccessKey: "canary/secret/key", passphrase: "canary passphrase" };
const { passphrase, ...login } = secrets;
const offsite: OffsiteSettings = {
  store: { type: "s3", bucket: "my-backups" },
  prefix: undefined,
  intervalSeconds: 60,
  credentials: { type: "s3", ...login },
  passphrase,
};

function register(differences: Partial<OffsiteSettings> = {}, preview = false, ids = ["globex", "acme"]) {
  const registered = registeredBy(() => {
    const tenants = ids.map((id) => {
      const volume = new docker.Volume(`${id}-backups`, { name: settings.names.backups(id) });
      const repository = { volume, key: pulumi.secret(canary) };
      return { id, origin: id, repository, ephemeral: id.startsWith("pr-") };
    });
    const args = { settings, offsite: { ...offsite, ...differences }, tenants, state: "0123456789abcdef" };
    new Offsite("offsite", args);
  }, preview);
  // The tenants' volumes are none of its own.
  return registered.then((resources) => resources.filter(({ name }) => name.startsWith("offsite")));
}

describe.each([
  ["at an update", false],
  ["at a preview, with unknowns", true],
])("Offsite %s", (_, preview) => {
  test("makes exactly these resources, each under the component", async () => {
    const resources = await register({}, preview);
    expect(resources.map(({ type, name }) => `${name} ${type}`)).toEqual([
      `offsite ${component}`,
      `offsite-config ${component}$command:local:Command`,
      `offsite-copier ${component}$docker:index/container:Container`,
      `offsite-files ${component}$docker:index/volume:Volume`,
      `offsite-keys ${component}$command:local:Command`,
      `offsite-network ${component}$docker:index/network:Network`,
    ]);
  });

  test("has no plain input with a key, a credential or the passphrase", async () => {
    const resources = await register({}, preview);
    const plain = JSON.stringify(resources.map((resource) => resource.plain));
    for (const secret of [canary, ...Object.values(secrets)]) expect(plain).not.toContain(secret);
    const steps = resources.filter(({ type }) => type.endsWith("Command"));
    expect(steps.map((step) => step.secrets)).toEqual([["stdin"], ["stdin"]]);
  });
});

describe("Offsite", () => {
  test("asks for exactly these inputs", async () => {
    const inputs = Object.fromEntries((await register()).map(({ name, plain }) => [name, plain]));
    await expect(`${JSON.stringify(inputs, null, 2)}\n`).toMatchFileSnapshot("../golden/offsite.json");
  });

  test("mounts a path of the host for a store of that type", async () => {
    const resources = await register({ store: { type: "path", path: "/mnt/nas" }, credentials: { type: "none" } });
    const mounts = resources.find(({ name }) => name === "offsite-copier")?.plain["mounts"];
    expect(mounts).toContainEqual({ type: "bind", source: "/mnt/nas", target: "/store" });
  });

  test("a tenant that goes by itself changes nothing", async () => {
    expect(await register({}, false, ["acme", "globex", "pr-12"])).toEqual(await register());
  });

  test("another order of the list is no change", async () => {
    const one = await register({}, false, ["acme", "globex"]);
    expect(one).toEqual(await register({}, false, ["globex", "acme"]));
  });
});
