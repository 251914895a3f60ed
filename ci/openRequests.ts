// Prints the numbers of the open pull or merge requests, with commas between them: node ci/openRequests.ts
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { OperatorError, reportErrors } from "../cli/operatorError.ts";
import { type Api, ask, patiently } from "./api.ts";
import { pageSize, variable } from "./forge.ts";

/** 10,000 requests. One that is behind them would be taken for closed. */
const mostPages = 100;

interface Source {
  readonly api: Api;
  readonly path: string;
  readonly numbersIn: (page: unknown) => readonly number[];
}

const pullRequests = z.array(z.object({ number: z.number() }));
const mergeRequests = z.array(z.object({ iid: z.number() }));

function sourceOf(environment: NodeJS.ProcessEnv): Source {
  const need = (name: string, fix: string) => variable(environment, name, fix);
  if (environment["GITHUB_ACTIONS"] === "true") {
    const fix = "give the step GITHUB_TOKEN in its env, and the job `permissions: { pull-requests: read }`";
    const refusal = ["does not show the token the pull requests", fix] as const;
    const api = {
      service: "GitHub",
      url: need("GITHUB_API_URL", "GitHub sets it in every job"),
      headers: { Accept: "application/vnd.github+json", Authorization: `Bearer ${need("GITHUB_TOKEN", fix)}` },
      refusals: { 401: refusal, 403: refusal, 404: refusal },
    };
    const repository = need("GITHUB_REPOSITORY", "GitHub sets it in every job");
    const numbersIn = (page: unknown) => pullRequests.parse(page).map(({ number }) => number);
    return { api, path: `/repos/${repository}/pulls?state=open`, numbersIn };
  }
  if (environment["GITLAB_CI"] === "true") {
    const fix = "set GITLAB_TOKEN to a project access token with scope read_api or api, as a masked variable";
    const refusal = ["does not show the token the merge requests", fix] as const;
    const api = {
      service: "GitLab",
      url: need("CI_API_V4_URL", "GitLab sets it in every job"),
      headers: { "PRIVATE-TOKEN": need("GITLAB_TOKEN", fix) },
      refusals: { 401: refusal, 403: refusal, 404: refusal },
    };
    const project = need("CI_PROJECT_ID", "GitLab sets it in every job");
    const numbersIn = (page: unknown) => mergeRequests.parse(page).map(({ iid }) => iid);
    return { api, path: `/projects/${project}/merge_requests?state=opened`, numbersIn };
  }
  throw new OperatorError(
    "got neither GITHUB_ACTIONS nor GITLAB_CI in the environment",
    "outside of a job: pgt preview-database sweep --open 12,14",
  );
}

async function openNumbers({ api, path, numbersIn }: Source): Promise<number[]> {
  const found: number[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const numbers = numbersIn(await ask(api, "GET", `${path}&per_page=${pageSize}&page=${page}`));
    found.push(...numbers);
    if (numbers.length < pageSize) return found;
  }
  throw new OperatorError(
    `got more than ${mostPages * pageSize} open requests, expected fewer`,
    "pgt preview-database sweep without --open ends those whose time is up",
  );
}

await reportErrors(async () => {
  const source = sourceOf(process.env);
  const numbers = await patiently(
    source.api.service,
    () => openNumbers(source),
    (seconds) => sleep(seconds * 1000),
  );
  console.log(numbers.join(","));
});
