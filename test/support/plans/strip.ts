/** What a recorded stack is, as far as it differs from one recording to the next. */
interface Recorded {
  readonly name: string;
  readonly folder: string;
  readonly port: number;
  /** The first three numbers of its addresses, with the dot behind them. */
  readonly network: string;
}

/** A text about a stack as it would be about the fixtures' own: without what is this machine's, and without what is drawn anew each time. */
export function neutral(text: string, { name, folder, port, network }: Recorded): string {
  return text
    .replaceAll(folder, "/srv")
    .replaceAll(name, "dev")
    .replaceAll(network, "198.18.0.")
    .replaceAll(String(port), "5432")
    .replaceAll(/\b[0-9a-f]{64}\b/g, "0".repeat(64))
    .replaceAll(/certificates\/[0-9a-f]{16}/g, `certificates/${"0".repeat(16)}`)
    .replaceAll(/postgres:([0-9.]+)-[0-9a-f]{12}/g, "postgres:$1-000000000000");
}

const stateKeys = ["urn", "custom", "type", "parent", "protect", "retainOnDelete", "inputs", "outputs"];
const stepKeys = ["op", "urn", "oldState", "newState", "diffReasons", "replaceReasons"];

/** What `pulumi preview --json` printed, without what nobody reads and what is this machine's. */
export function stripped(json: string, recorded: Recorded): string {
  const { config, steps, diagnostics } = JSON.parse(json);
  const kept = {
    config: pick(config, ["pgtenants:domain", "pgtenants:postgresImage"]),
    steps: steps.map((step: Json) => ({
      ...pick(step, stepKeys),
      ...(step["oldState"] ? { oldState: stripState(step["oldState"]) } : {}),
      ...(step["newState"] ? { newState: stripState(step["newState"]) } : {}),
    })),
    diagnostics: diagnostics ?? [],
  };
  return `${neutral(JSON.stringify(kept, null, 1), recorded)}\n`;
}

type Json = Readonly<Record<string, unknown>>;

/** Of outputs only the stack's say something that its inputs do not. */
function stripState(given: unknown): Json {
  const { outputs = {}, ...state } = pick(given, stateKeys);
  if (state["type"] !== "pulumi:pulumi:Stack") return state;
  return { ...state, outputs: pick(outputs, ["tenants"]) };
}

function pick(given: unknown, keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(Object(given)).filter(([key]) => keys.includes(key)));
}
