import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Finished, run } from "../../e2e/support/shell.ts";
import { type CommentServer, commentServer, type Trouble } from "../../support/commentServer.ts";

const script = join(import.meta.dirname, "../../../ci/comment.ts");
const token = "canary-token-5f1d";
const longest = { github: 65_536, gitlab: 1_000_000 };
const marker = "<!-- pgtenants: plan-prod -->\n";
let folder: string;
let server: CommentServer;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants-comment-"));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

type Kind = keyof typeof longest;

async function serve(kind: Kind): Promise<void> {
  server = await commentServer(longest[kind], token);
}

/** The environment that a job has. Only what it says is of one: these tests may run in one themselves. */
function environment(kind: Kind): Record<string, string> {
  const event = join(folder, "event.json");
  writeFileSync(event, JSON.stringify({ pull_request: { number: 12, head: { sha: "0123456789abcdef0123" } } }));
  const github = {
    GITHUB_ACTIONS: "true",
    GITHUB_API_URL: server.url,
    GITHUB_SERVER_URL: "https://github.example.com",
    GITHUB_REPOSITORY: "acme/db",
    GITHUB_RUN_ID: "99",
    GITHUB_EVENT_PATH: event,
    GITHUB_TOKEN: token,
  };
  const gitlab = {
    GITHUB_ACTIONS: "",
    GITLAB_CI: "true",
    CI_API_V4_URL: server.url,
    CI_PROJECT_ID: "34",
    CI_MERGE_REQUEST_IID: "12",
    CI_COMMIT_SHA: "0123456789abcdef0123",
    CI_JOB_URL: "https://gitlab.example.com/acme/db/-/jobs/99",
    GITLAB_TOKEN: token,
  };
  return kind === "github" ? github : gitlab;
}

/** Runs the real script on a report. Its token never shows. */
async function comment(kind: Kind, report: string, more: Record<string, string> = {}): Promise<Finished> {
  const finished = await run(process.execPath, [script, "plan-prod"], report, { ...environment(kind), ...more });
  expect(finished.stdout + finished.stderr).not.toContain(token);
  return finished;
}

const bodies = () => server.comments.map(({ body }) => body);

describe.each<Kind>(["github", "gitlab"])("%s", (kind) => {
  beforeEach(() => serve(kind));

  test("makes a comment, then edits it in place", async () => {
    expect(await comment(kind, "# One tenant more\n")).toMatchObject({ code: 0, stderr: "" });
    expect(bodies()).toEqual([
      expect.stringMatching(
        /^<!-- pgtenants: plan-prod -->\n# One tenant more\n\n<sub>Commit 0123456789ab, \[log\]\(https:.*99\)<\/sub>\n$/,
      ),
    ]);
    const second = await comment(kind, "# Nothing\n");
    expect(second.stdout).toMatch(/the comment plan-prod was edited/);
    expect(bodies()).toEqual([expect.stringContaining("# Nothing")]);
  });

  test("finds its comment on the third page, and leaves another report's and somebody else's copy alone", async () => {
    const forged = { author: "somebody", body: `${marker}forged` };
    const other = { author: "github-actions[bot]", body: "<!-- pgtenants: plan-staging -->\nother" };
    for (let index = 0; index < 240; index += 1)
      server.comments.push({ id: index, author: "somebody", body: `talk ${index}` });
    for (const one of [forged, other]) server.comments.push({ id: server.comments.length, ...one });
    server.comments.push({ id: 500, author: "github-actions[bot]", body: `${marker}first` });
    expect((await comment(kind, "second")).code).toBe(0);
    expect(bodies().slice(-3)).toEqual([
      forged.body,
      other.body,
      expect.stringMatching(/^<!-- pgtenants: plan-prod -->\nsecond/),
    ]);
  });

  test("a report that is too long is cut to what the service takes", async () => {
    const line = "- a line of the plan, with an umlaut: ü\n";
    const report = `\`\`\`diff\n${line.repeat(Math.ceil((longest[kind] * 2) / line.length))}\`\`\`\n`;
    expect(await comment(kind, report)).toMatchObject({ code: 0, stderr: "" });
    const [body = ""] = bodies();
    expect(body.length).toBeLessThanOrEqual(longest[kind]);
    expect(body.length).toBeGreaterThan(longest[kind] - 500);
    expect(body).toMatch(/\n```\n\n\*\*\d+ of \d+ lines do not fit here: the whole report is in the \[job\]\(https:/);
  });

  test("an empty report says that there is none", async () => {
    await comment(kind, "\n");
    expect(bodies()[0]).toContain("No report was made: the job's log says why.");
  });

  test.each<[string, Trouble[], number]>([
    [
      "a server that is ill twice",
      [
        { status: 502, headers: { "Retry-After": "0" } },
        { status: 503, headers: { "Retry-After": "0" } },
      ],
      4,
    ],
    ["a limit", [{ status: 429, headers: { "Retry-After": "0" } }], 3],
    [
      "an answer that got lost",
      [
        { status: 200, body: "", done: true },
        { status: 500, headers: { "Retry-After": "0" }, done: true },
      ],
      4,
    ],
  ])("%s is waited for, and nothing is doubled", async (_, troubles, calls) => {
    server.troubles.push(...troubles);
    expect((await comment(kind, "report")).code).toBe(0);
    expect(server.comments).toHaveLength(1);
    expect(server.calls.filter((call) => !call.endsWith("/user"))).toHaveLength(calls);
  });

  test.each([
    [401, /does not know the token in GIT(HUB|LAB)_TOKEN: GET \S+ was answered with 401 .*\n {2}fix: /],
    [403, /does not let the token write: .*403.*\n {2}fix: /],
    [404, /does not show the token this (pull|merge) request: .*404.*\n {2}fix: /],
  ])("%i is told once, with its fix", async (status, expected) => {
    server.troubles.push({ status });
    const { code, stderr } = await comment(kind, "report");
    expect(code).toBe(1);
    expect(stderr).toMatch(expected);
    expect(server.calls).toHaveLength(1);
    expect(server.comments).toEqual([]);
  });

  test("a server that stays ill ends it after four attempts", async () => {
    for (let attempt = 0; attempt < 9; attempt += 1)
      server.troubles.push({ status: 500, headers: { "Retry-After": "0" } });
    const { code, stderr } = await comment(kind, "report");
    expect(code).toBe(1);
    expect(stderr).toMatch(/did not take it in 4 attempts: 500 .*\n {2}fix: run the job again/);
    expect(server.calls).toHaveLength(4);
  });

  test("without a token nothing is asked", async () => {
    const { code, stderr } = await comment(kind, "report", { GITHUB_TOKEN: "", GITLAB_TOKEN: "" });
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: got no GIT(HUB|LAB)_TOKEN in the job's environment\n {2}fix: /);
    expect(server.calls).toEqual([]);
  });

  test("the token goes into one header", async () => {
    await comment(kind, "report");
    const { authorization, "private-token": privateToken, ...others } = server.headers[0] ?? {};
    expect([authorization, privateToken].filter((value) => value !== undefined)).toHaveLength(1);
    expect(JSON.stringify([others, server.calls])).not.toContain(token);
  });
});

test("GitHub's 403 for who is too fast is waited for", async () => {
  await serve("github");
  server.troubles.push({
    status: 403,
    headers: { "Retry-After": "0" },
    body: "You have exceeded a secondary rate limit.",
  });
  expect((await comment("github", "report")).code).toBe(0);
  expect(server.comments).toHaveLength(1);
});

test.each<[string, Record<string, string>, string]>([
  ["outside of a job", { GITHUB_ACTIONS: "", GITLAB_CI: "" }, "got neither GITHUB_ACTIONS nor GITLAB_CI"],
  ["without a variable of the job", { GITHUB_RUN_ID: "" }, "got no GITHUB_RUN_ID in the job's environment"],
])("%s one error says so", async (_, more, expected) => {
  await serve("github");
  const { code, stderr } = await comment("github", "report", more);
  expect(code).toBe(1);
  expect(stderr).toContain(`error: ${expected}`);
});

test("a job of something else than a pull request is told", async () => {
  await serve("github");
  const event = join(folder, "push.json");
  writeFileSync(event, JSON.stringify({ ref: "refs/heads/main" }));
  expect((await comment("github", "report", { GITHUB_EVENT_PATH: event })).stderr).toContain(
    "something else than a pull request",
  );
});
