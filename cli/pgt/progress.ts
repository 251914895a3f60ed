import type { EngineEvent, PolicyEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import { typeTokens } from "../../components/names.ts";
import { nameIn, resourceTypes } from "../../components/stackState.ts";
import type { PgtEvent } from "./events.ts";

/** Follows a deployment by the engine's events, and tells it tenant by tenant. */
export interface Progress {
  /** What there is to tell of an event. `seconds` is a clock. */
  readonly next: (event: EngineEvent, seconds: number) => PgtEvent[];
  /** Whether anything was made, changed or deleted, or begun to be. */
  readonly changed: () => boolean;
  /** Whether a tenant's generated password was replaced. */
  readonly rotated: () => boolean;
  /** What went wrong, as the program or the engine said it. */
  readonly errors: () => readonly string[];
}

interface Subject {
  readonly begun: number;
  readonly open: Set<string>;
}

/** Steps that only look; what the engine keeps for itself is no change either. */
const looking: readonly string[] = ["same", "read", "read-replacement", "refresh", "discard", "discard-replaced"];

/** What the engine says at the end where something else was said before. */
const lastWords: readonly string[] = ["update failed", "preview failed"];

const verbs: Readonly<Record<string, string>> = {
  create: "creating",
  import: "importing",
  update: "changing",
  delete: "removing",
  "delete-replaced": "removing the old",
  "create-replacement": "creating the new",
  replace: "replacing",
};

const things: Readonly<Record<string, string>> = {
  [resourceTypes.container]: "container",
  [resourceTypes.volume]: "volume",
  [resourceTypes.network]: "network",
  [resourceTypes.password]: "password",
};

/** The same by the end of a resource's name, where its type does not say it. */
const thingsByName: readonly (readonly [end: string, thing: string])[] = [
  ["-backups", "volume of its backups"],
  ["-backup-key", "key of its backups"],
  ["-clone", "data from backups"],
  ["-sql", "role, database and settings"],
  ["-pooler", "connection pool"],
  ["-pooler-files", "volume of its connection pool"],
  ["-pools", "connection pool's settings"],
  ["-pool-login", "login by the connection pool"],
];

/** The last step of a tenant that runs: it ends when the server answers. */
const readyStep = "-sql";

/** The step that may take hours and says how far it is. */
const tellingStep = "-import";

export function followProgress(): Progress {
  const subjects = new Map<string, Subject>();
  const errors: string[] = [];
  let changed = false;
  let rotated = false;

  const begin = (step: StepEventMetadata, seconds: number): PgtEvent[] => {
    if (!isChange(step)) return [];
    changed = true;
    rotated ||= step.op === "replace" && step.type === resourceTypes.password;
    const name = subjectOf(step);
    const subject = subjects.get(name) ?? { begun: seconds, open: new Set() };
    subjects.set(name, subject);
    subject.open.add(step.urn);
    // A replacement is told by its two halves.
    return step.op === "replace" ? [] : [{ event: "step", subject: name, step: wordsOf(step) }];
  };

  const end = (step: StepEventMetadata, seconds: number): PgtEvent[] => {
    const name = subjectOf(step);
    const subject = subjects.get(name);
    if (subject === undefined || !subject.open.delete(step.urn)) return [];
    const took = seconds - subject.begun;
    if (step.urn.endsWith(readyStep) && !removes(step)) {
      subjects.delete(name);
      return [{ event: "ready", subject: name, seconds: took }];
    }
    return [];
  };

  const finish = ({ resourceChanges, durationSeconds }: NonNullable<EngineEvent["summaryEvent"]>, seconds: number) => {
    const rest = [...subjects].map(
      ([subject, { begun }]): PgtEvent => ({ event: "done", subject, seconds: seconds - begun }),
    );
    const counts = Object.entries(resourceChanges ?? {}).filter(([op]) => !looking.includes(op));
    const changes = counts.reduce((sum, [, count]) => sum + (count ?? 0), 0);
    return [...(errors.length === 0 ? rest : []), { event: "deployed" as const, seconds: durationSeconds, changes }];
  };

  return {
    next: ({ resourcePreEvent, resOutputsEvent, diagnosticEvent, policyEvent, summaryEvent }, seconds) => {
      if (resourcePreEvent !== undefined) return begin(resourcePreEvent.metadata, seconds);
      if (resOutputsEvent !== undefined) return end(resOutputsEvent.metadata, seconds);
      if (summaryEvent !== undefined) return errors.length === 0 ? finish(summaryEvent, seconds) : [];
      if (policyEvent !== undefined) {
        const message = told(violation(policyEvent), policyEvent.resourceUrn);
        if (policyEvent.enforcementLevel === "mandatory") errors.push(message);
        return policyEvent.enforcementLevel === "mandatory" ? [] : [{ event: "warning", message }];
      }
      if (diagnosticEvent === undefined) return [];
      const message = plain(diagnosticEvent.message);
      if (diagnosticEvent.severity === "error" && !lastWords.includes(message))
        errors.push(told(message, diagnosticEvent.urn));
      const { severity, urn = "" } = diagnosticEvent;
      if (severity === "warning") return [{ event: "warning", message }];
      return severity.startsWith("info") && nameIn(urn).endsWith(tellingStep) ? toldOnTheWay(message, urn) : [];
    },
    changed: () => changed,
    rotated: () => rotated,
    errors: () => [...new Set(errors)],
  };
}

/** The engine's own bookkeeping, and components, are nothing on the machine. */
function isChange({ op, type, new: after, old: before }: StepEventMetadata): boolean {
  const custom = after?.custom ?? before?.custom ?? false;
  return custom && !type.startsWith("pulumi:") && !looking.includes(op);
}

function removes({ op }: StepEventMetadata): boolean {
  return op === "delete" || op === "delete-replaced";
}

/** The component that a step belongs to: a tenant, the router, or the stack itself. */
function subjectOf({ new: after, old: before }: StepEventMetadata): string {
  const parent = (after ?? before)?.parent ?? "";
  const type = parent.split("::")[2]?.split("$").at(-1);
  if (type === typeTokens.tenantDatabase || type === typeTokens.sharedTenants) return nameIn(parent);
  return type === typeTokens.traefik ? "router" : "stack";
}

function wordsOf({ op, type, urn }: StepEventMetadata): string {
  const [, byName] = thingsByName.find(([end]) => urn.endsWith(end)) ?? [];
  return `${verbs[op] ?? op} ${byName ?? things[type] ?? nameIn(urn).split("-").at(-1) ?? type}`;
}

/** A message without the engine's colour marks, and without the script of a step that failed: what it said comes behind. */
function plain(message: string): string {
  return message
    .replace(/<\{%[^%]*%\}>/g, "")
    .replace(/exit status \d+: running "(?:[^"\\]|\\.)*":\s*/g, "")
    .trim();
}

/** What a policy found, in one line, with its name. */
function violation({ message, policyName }: PolicyEvent): string {
  return `policy ${policyName}: ${plain(message).replace(/\s*\n\s*/g, " ")}`;
}

/** What a step says of its progress while it works, as lines with our name. */
function toldOnTheWay(message: string, urn: string): PgtEvent[] {
  const subject = nameIn(urn).slice(0, -tellingStep.length);
  return [...message.matchAll(/^pgtenants: (.*)$/gm)].map(([, step = ""]) => ({ event: "step", subject, step }));
}

/** A message that is not the program's own needs to say what it is about. */
function told(message: string, urn: string | undefined): string {
  const name = urn === undefined || urn === "" || urn.includes("pulumi:pulumi:Stack") ? undefined : nameIn(urn);
  return name === undefined ? message : `${name}: ${message}`;
}
