import { afterEach, expect, test, vi } from "vitest";
import { type Api, ask, patiently } from "../../../ci/api.ts";

const api: Api = { service: "GitHub", url: "http://api.example.com", headers: {}, refusals: {} };
const ill = (seconds?: string) =>
  new Response("ill", { status: 503, headers: seconds === undefined ? {} : { "Retry-After": seconds } });

afterEach(() => vi.unstubAllGlobals());

/** Asks a service that answers in turn, or throws what it is given instead; and says how long it waited in between. */
async function asking(...answers: readonly (Response | Error)[]) {
  const left = [...answers];
  const waited: number[] = [];
  vi.stubGlobal("fetch", async () => {
    const answer = left.shift() ?? new Error("asked once more than there are answers");
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const wait = async (seconds: number) => void waited.push(seconds);
  const told = patiently("GitHub", () => ask(api, "GET", "/"), wait).catch((error: Error) => error.message);
  return { told: await told, waited };
}

test("a network that fails is tried again, longer each time, and its own word is told in the end", async () => {
  const refused = () => new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:9") });
  expect(await asking(refused(), refused(), refused(), refused())).toEqual({
    told: "GitHub did not take it in 4 attempts: connect ECONNREFUSED 127.0.0.1:9",
    waited: [1, 5, 15],
  });
});

test("the service says how long, up to a minute", async () => {
  const answers = [ill("3"), ill("3600"), ill(), Response.json({ id: 1 })];
  expect(await asking(...answers)).toEqual({ told: { id: 1 }, waited: [3, 60, 15] });
});

test("a refusal without words of ours has those of the service, and is not tried again", async () => {
  const long = `{"message":"Validation\n  Failed"}${" and more".repeat(100)}`;
  const { told, waited } = await asking(new Response(long, { status: 422 }));
  expect(told).toMatch(/^GitHub refused it: GET \/ was answered with 422 \{"message":"Validation Failed"\} and more/);
  expect(String(told).length).toBeLessThan(400);
  expect(waited).toEqual([]);
});
