import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../e2e/support/shell.ts";
import { type CommentServer, commentServer } from "../../support/commentServer.ts";

const script = join(import.meta.dirname, "../../../ci/openRequests.ts");
const token = "canary-token-9c2e";
let server: CommentServer;

beforeAll(async () => {
  server = await commentServer(1000, token);
});
afterAll(() => server.close());

const github = () => ({ GITHUB_ACTIONS: "true", GITHUB_API_URL: server.url, GITHUB_REPOSITORY: "acme/db" });
const gitlab = () => ({ GITHUB_ACTIONS: "", GITLAB_CI: "true", CI_API_V4_URL: server.url, CI_PROJECT_ID: "34" });
const list = (environment: Record<string, string>) => run(process.execPath, [script], "", environment);

test.each([
  ["GitHub", () => ({ ...github(), GITHUB_TOKEN: token })],
  ["GitLab", () => ({ ...gitlab(), GITLAB_TOKEN: token })],
])("%s: the numbers of all open requests, those behind the first page included", async (_, environment) => {
  server.open.splice(0);
  expect(await list(environment())).toEqual({ code: 0, stdout: "\n", stderr: "" });
  server.open.push(...Array.from({ length: 250 }, (_, index) => index + 1));
  expect((await list(environment())).stdout).toBe(`${server.open.join(",")}\n`);
});

test.each([
  ["no token", () => github(), "got no GITHUB_TOKEN"],
  ["a token that is refused", () => ({ ...gitlab(), GITLAB_TOKEN: "wrong" }), "does not show the token the merge"],
  ["no job", () => ({ GITHUB_ACTIONS: "", GITLAB_CI: "" }), "got neither GITHUB_ACTIONS nor GITLAB_CI"],
])("%s is an error, and never reads as if none were open", async (_, environment, said) => {
  const { code, stdout, stderr } = await list({ GITHUB_TOKEN: "", GITLAB_TOKEN: "", ...environment() });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(said);
  expect(stderr).not.toContain(token);
});
