import { readFileSync } from "node:fs";
import * as z from "zod";
import { OperatorError } from "../cli/operatorError.ts";
import { type Api, ask } from "./api.ts";
import { type Forge, pageSize, variable } from "./forge.ts";

/** Whose comments `GITHUB_TOKEN` writes. */
const jobsUser = "github-actions[bot]";

const comments = z.array(
  z.object({ id: z.number(), body: z.string().nullish(), user: z.object({ login: z.string() }).nullish() }),
);

const event = z.object({
  pull_request: z.object({ number: z.number(), head: z.object({ sha: z.string() }) }),
});

const token = "give the step GITHUB_TOKEN in its env, from github.token";

const writes =
  "give the job `permissions: { pull-requests: write }`; a pull request of a fork never has it, and its job must not get here";

/** The pull request of a GitHub job. @throws OperatorError where the job is not of one, or has no token. */
export function github(environment: NodeJS.ProcessEnv): Forge {
  const need = (name: string, fix = "GitHub sets it in every job") => variable(environment, name, fix);
  const repository = need("GITHUB_REPOSITORY");
  const request = requestIn(readFileSync(need("GITHUB_EVENT_PATH"), "utf8"));
  const api: Api = {
    service: "GitHub",
    url: need("GITHUB_API_URL"),
    headers: {
      Accept: "application/vnd.github+json",
      Authorization: `Bearer ${need("GITHUB_TOKEN", token)}`,
      "X-GitHub-Api-Version": "2022-11-28",
    },
    refusals: {
      401: ["does not know the token in GITHUB_TOKEN", token],
      403: ["does not let the token write", writes],
      404: ["does not show the token this pull request", writes],
    },
  };
  const path = `/repos/${repository}/issues`;
  return {
    service: api.service,
    longestComment: 65_536,
    commit: request.head.sha,
    log: `${need("GITHUB_SERVER_URL")}/${repository}/actions/runs/${need("GITHUB_RUN_ID")}`,
    ownComments: async (page) => {
      const found = comments.parse(
        await ask(api, "GET", `${path}/${request.number}/comments?per_page=${pageSize}&page=${page}`),
      );
      if (found.length === 0) return undefined;
      return found.flatMap(({ id, body, user }) => (user?.login === jobsUser ? [{ id, text: body ?? "" }] : []));
    },
    create: (text) => ask(api, "POST", `${path}/${request.number}/comments`, { body: text }),
    edit: (id, text) => ask(api, "PATCH", `${path}/comments/${id}`, { body: text }),
  };
}

function requestIn(eventFile: string) {
  const parsed = event.safeParse(JSON.parse(eventFile));
  if (parsed.success) return parsed.data.pull_request;
  throw new OperatorError("got the event of something else than a pull request", "run the job `on: pull_request`");
}
