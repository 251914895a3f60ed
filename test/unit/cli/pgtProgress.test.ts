import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import { describe, expect, test } from "vitest";
import { holderIn } from "../../../cli/pgt/deploy.ts";
import { type PgtEvent, renderEvent } from "../../../cli/pgt/events.ts";
import { followProgress } from "../../../cli/pgt/progress.ts";

const stack = "urn:pulumi:dev::pgtenants";
const tenantType = "pgtenants:index:TenantDatabase";
const container = "docker:index/container:Container";
const command = "command:local:Command";
const password = "random:index/randomPassword:RandomPassword";

/** A step of the engine's for a resource of a tenant, or with another parent. */
function step(op: string, type: string, name: string, parent = `${stack}::${tenantType}::eu-acme`): StepEventMetadata {
  const urn = `${stack}::${tenantType}$${type}::${name}`;
  const state = { type, urn, custom: true, id: "", parent, inputs: {}, outputs: {}, provider: "" };
  return {
    op: op as StepEventMetadata["op"],
    urn,
    type,
    provider: "",
    ...(op === "delete" ? { old: state } : { new: state }),
  };
}

const event = (part: Partial<EngineEvent>): EngineEvent => ({ sequence: 0, timestamp: 0, ...part });
const begins = (metadata: StepEventMetadata) => event({ resourcePreEvent: { metadata } });
const ends = (metadata: StepEventMetadata) => event({ resOutputsEvent: { metadata } });
const said = (severity: "error" | "warning" | "info", message: string, urn = "") =>
  event({ diagnosticEvent: { severity, message, urn, color: "never" } });
const summary = (resourceChanges: Record<string, number>) =>
  event({ summaryEvent: { maybeCorrupt: false, durationSeconds: 7, resourceChanges, policyPacks: {} } });

/** What is told of events that come a second apart. */
function told(...events: readonly EngineEvent[]) {
  const progress = followProgress();
  const lines = events.flatMap((one, seconds) => progress.next(one, seconds));
  return { lines, changed: progress.changed(), rotated: progress.rotated(), errors: progress.errors() };
}

describe("followProgress", () => {
  test("tells a tenant's steps, and that it is ready when its server answers", () => {
    const [server, sql] = [step("create", container, "eu-acme-server"), step("create", command, "eu-acme-sql")];
    const { lines, changed } = told(
      begins(server),
      ends(server),
      begins(sql),
      ends(sql),
      summary({ create: 2, same: 9 }),
    );
    expect(lines).toEqual([
      { event: "step", subject: "eu-acme", step: "creating container" },
      { event: "step", subject: "eu-acme", step: "creating role, database and settings" },
      { event: "ready", subject: "eu-acme", seconds: 3 },
      { event: "deployed", seconds: 7, changes: 2 },
    ]);
    expect(changed).toBe(true);
  });

  test("tells a tenant's two volumes and two secrets apart", () => {
    const volume = "docker:index/volume:Volume";
    const made: readonly (readonly [type: string, name: string, words: string])[] = [
      [volume, "eu-acme-data", "creating volume"],
      [volume, "eu-acme-backups", "creating volume of its backups"],
      [password, "eu-acme-password", "creating password"],
      [password, "eu-acme-backup-key", "creating key of its backups"],
      [command, "eu-acme-clone", "creating data from backups"],
    ];
    const { lines } = told(...made.map(([type, name]) => begins(step("create", type, name))));
    expect(lines).toEqual(made.map(([, , words]) => ({ event: "step", subject: "eu-acme", step: words })));
  });

  test("tells that one is done which has no server any more", () => {
    const [sql, server] = [step("delete", command, "eu-acme-sql"), step("delete", container, "eu-acme-server")];
    const { lines } = told(begins(sql), ends(sql), begins(server), ends(server), summary({ delete: 2 }));
    expect(lines.map((line) => renderEvent(line, (_, text) => text))).toEqual([
      "eu-acme: removing role, database and settings",
      "eu-acme: removing container",
      "eu-acme: done 4.0 s",
      "2 changes made, 7.0 s",
    ]);
  });

  test.each([
    ["pgtenants:index:Traefik::traefik", "router"],
    ["pulumi:pulumi:Stack::pgtenants-dev", "stack"],
  ])("knows the parent %s as %s", (parent, subject) => {
    const { lines } = told(begins(step("update", command, "traefik-routes", `${stack}::${parent}`)));
    expect(lines).toEqual([{ event: "step", subject, step: "changing routes" }]);
  });

  test("a replacement is told by its halves", () => {
    const halves = ["delete-replaced", "replace", "create-replacement"].map((op) =>
      begins(step(op, container, "eu-acme-server")),
    );
    expect(told(...halves).lines.map((line) => "step" in line && line.step)).toEqual([
      "removing the old container",
      "creating the new container",
    ]);
  });

  test.each([
    ["the password of a tenant that was there", true, "replace", password],
    ["the first password of a tenant", false, "create", password],
    ["a container that is replaced", false, "replace", container],
  ])("%s: rotated is %s", (_, expected, op, type) => {
    expect(told(begins(step(op, type, "eu-acme-of-some-kind"))).rotated).toBe(expected);
  });

  test.each([
    ["what stays the same", step("same", container, "eu-acme-server")],
    ["what is read", step("read", container, "eu-acme-server")],
    ["a provider", step("create", "pulumi:providers:docker", "default")],
    ["a component", { ...step("create", tenantType, "eu-acme"), new: undefined }],
  ])("%s is no change", (_, metadata) => {
    expect(told(begins(metadata as StepEventMetadata), summary({ same: 3 }))).toMatchObject({
      lines: [{ event: "deployed", changes: 0 }],
      changed: false,
    });
  });

  test("errors are kept for the end, each once, without marks; what is not the program's own says what it is about", () => {
    const { lines, errors } = told(
      said("info", "nothing of interest"),
      said("warning", "<{%fg 3%}>old<{%reset%}>\n"),
      said("error", 'tenants.yaml: got a list without "acme"\n', `${stack}::pulumi:pulumi:Stack::pgtenants-dev`),
      said("error", "no such image", `${stack}::${container}::eu-acme-server`),
      said("error", "no such image", `${stack}::${container}::eu-acme-server`),
      summary({ create: 1 }),
    );
    expect(lines).toEqual([{ event: "warning", message: "old" }]);
    expect(errors).toEqual(['tenants.yaml: got a list without "acme"', "eu-acme-server: no such image"]);
  });

  test("what a policy refuses is an error of the deployment, and what it advises a warning", () => {
    const policy = (enforcementLevel: "warning" | "mandatory", message: string) =>
      event({
        policyEvent: {
          resourceUrn: `${stack}::${tenantType}::eu-acme`,
          message: `<{%reset%}>A production tenant is backed up.\n${message}<{%reset%}>\n`,
          color: "never",
          policyName: "production-backup",
          policyPackName: "pgtenants",
          policyPackVersion: "0.1.0",
          policyPackVersionTag: "0.1.0",
          enforcementLevel,
        },
      });
    const { lines, errors } = told(policy("mandatory", "got none"), policy("warning", "got few"), summary({}));
    const of = "eu-acme: policy production-backup: A production tenant is backed up.";
    expect(lines).toEqual([{ event: "warning", message: `${of} got few` }]);
    expect(errors).toEqual([`${of} got none`]);
  });

  test("of a step that failed, what its script said is told, and not the script", () => {
    const script = String.raw`<{%reset%}>exit status 1: running "docker exec \"$CONTAINER\" ready.sh || exit 1":`;
    const { errors } = told(
      said("error", `${script}\npgtenants: no listener on port 5432`, `${stack}::${container}::traefik-listening`),
      said("error", "update failed", `${stack}::pulumi:pulumi:Stack::pgtenants-dev`),
      said("error", "preview failed", `${stack}::pulumi:pulumi:Stack::pgtenants-dev`),
    );
    expect(errors).toEqual(["traefik-listening: pgtenants: no listener on port 5432"]);
  });
});

test("what an import says of its progress is told, and what other steps say is not", () => {
  const urn = (name: string) => `${stack}::${tenantType}$${command}::${name}`;
  const { lines } = told(
    said("info", "pgtenants: loading: 3 of 12 tables\nNOTICE: nothing of ours\n", urn("eu-acme-import")),
    said("info", "pgtenants: nothing of interest", urn("eu-acme-sql")),
  );
  expect(lines).toEqual([{ event: "step", subject: "eu-acme", step: "loading: 3 of 12 tables" }]);
});

describe("renderEvent", () => {
  const paint = (colour: string, text: string) => `<${colour}>${text}</>`;

  test.each<[PgtEvent, string]>([
    [
      { event: "edited", file: "tenants.yaml", diff: ["  - id: acme", "+   state: stopped"] },
      "tenants.yaml:\n  <dim>  - id: acme</>\n  <green>+   state: stopped</>",
    ],
    [{ event: "restored", file: "tenants.yaml" }, "tenants.yaml: as it was before"],
    [{ event: "ready", subject: "acme", seconds: 2.06 }, "acme: <green>ready</> 2.1 s"],
    [{ event: "deployed", seconds: 3, changes: 0 }, "nothing to change, 3.0 s"],
    [{ event: "deployed", seconds: 3, changes: 1 }, "1 change made, 3.0 s"],
    [{ event: "warning", message: "look" }, "<yellow>warning:</> look"],
    [{ event: "error", message: "wrong", fix: "mend it" }, "<red>error:</> wrong\n  fix: mend it"],
  ])("%j", (told, expected) => {
    expect(renderEvent(told, paint)).toBe(expected);
  });
});

test.each([
  [
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n" +
      "  file:///state/.pulumi/locks/organization/pgtenants/dev/5f.json?no_tmp_dir=true: created by ops@host (pid 42) at 2026-11-21T10:00:00Z",
    "ops@host (pid 42), since 2026-11-21T10:00:00Z",
  ],
  ["error: [409] Conflict: Another update is currently in progress.", "somebody else"],
])("the holder of a lock is told, case %#", (message, holder) => {
  expect(holderIn(message)).toBe(holder);
});
