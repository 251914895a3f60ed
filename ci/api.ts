import { OperatorError } from "../cli/operatorError.ts";

/** A service's JSON API, with a token that goes into a header and nowhere else. */
export interface Api {
  /** For messages. */
  readonly service: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What each refusal means there, and how to mend it, by status. */
  readonly refusals: Readonly<Record<number, readonly [what: string, fix: string]>>;
}

/** The service is busy or ill: the same may work later. */
class TryAgain extends Error {
  /** What the service asks for; undefined where it does not say. */
  readonly seconds: number | undefined;

  constructor(message: string, seconds?: number) {
    super(message);
    this.seconds = seconds;
  }
}

/** Of one answer. */
const timeoutMs = 30_000;

/** Between attempts, where the service does not say how long. */
const pauses: readonly number[] = [1, 5, 15];

/** A service that asks for more is not waited for any longer: a job must not hang for an hour. */
const longestPause = 60;

/** What the service answers. @throws OperatorError where it refuses, TryAgain where it may not later. */
export async function ask(
  api: Api,
  method: "GET" | "POST" | "PATCH" | "PUT",
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await answer(api, method, path, body);
  if (response.ok) return response.json();
  const said = (await response.text()).replace(/\s+/g, " ").slice(0, 300);
  const { status } = response;
  if (status >= 500 || status === 429 || (status === 403 && isLimited(response, said)))
    throw new TryAgain(`${status} ${said}`, pauseOf(response));
  const [what, fix] = api.refusals[status] ?? ["refused it", "the answer above says why"];
  throw new OperatorError(`${api.service} ${what}: ${method} ${path} was answered with ${status} ${said}`, fix);
}

async function answer(api: Api, method: string, path: string, body: object | undefined): Promise<Response> {
  try {
    return await fetch(`${api.url}${path}`, {
      method,
      headers: { ...api.headers, "Content-Type": "application/json" },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    const { cause, message } = error as Error;
    throw new TryAgain(cause instanceof Error ? cause.message : message);
  }
}

/** GitHub answers with 403 to who is too fast, and to who may not: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api */
function isLimited({ headers }: Response, said: string): boolean {
  return headers.has("retry-after") || headers.get("x-ratelimit-remaining") === "0" || /rate limit/i.test(said);
}

function pauseOf({ headers }: Response): number | undefined {
  const seconds = Number.parseInt(headers.get("retry-after") ?? "", 10);
  return Number.isNaN(seconds) ? undefined : seconds;
}

/**
 * Does the whole of `work` again where the service was busy: what it had got done is looked for again, so nothing is done twice.
 * @param wait for so many seconds.
 * @throws OperatorError when that does not help.
 */
export async function patiently<T>(
  service: string,
  work: () => Promise<T>,
  wait: (seconds: number) => Promise<void>,
): Promise<T> {
  for (const pause of pauses) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error;
      await wait(Math.min(error.seconds ?? pause, longestPause));
    }
  }
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TryAgain)) throw error;
    const attempts = pauses.length + 1;
    throw new OperatorError(
      `${service} did not take it in ${attempts} attempts: ${error.message}`,
      "run the job again when it works again",
    );
  }
}
